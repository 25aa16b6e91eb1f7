import type { Failpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import type { Scorer } from './job.ts'
import { type Claim, extendLease } from './queue.ts'
import {
  ATTEMPTS_MAX,
  giveUp,
  type RecordDeps,
  recordOutcome,
  type Source,
} from './record-outcome.ts'
import { retryWhileBusy } from './retry-while-busy.ts'

export type ScoreClaimDeps = RecordDeps & {
  logger: Logger
  failpoint: Failpoint
  times: {
    leaseMs: number
    heartbeatMs: number
    /** How soon a result is recorded again that the database would not take at the moment. */
    recordRetryMs: number
  }
  /** Aborts when the process ends. */
  ending: AbortSignal
}

/** Score what was claimed and record the outcome. Never rejects: what goes wrong here is repaired by the lease running out. */
export async function scoreClaim(
  deps: ScoreClaimDeps,
  source: Source,
  claim: Claim,
  scorer: Scorer,
): Promise<void> {
  const { times, failpoint, ending } = deps
  const log = deps.logger.child({
    request_id: claim.requestId,
    submission_id: claim.job.submissionId,
    user_id: claim.userId,
    competition: claim.job.competitionSlug,
    queue: claim.table.name,
    attempt: claim.attempt,
  })
  const startedMs = performance.now()
  const heartbeat = setInterval(() => void extend(deps, claim, log), times.heartbeatMs)
  try {
    if (claim.attempt > ATTEMPTS_MAX) {
      const reason = 'Three workers died or were cut off while scoring it.'
      await giveUp(source.queue, claim, 'fault', reason, log)
      return
    }
    log.debug('submission.claimed')
    await failpoint('w1.claimed')
    const outcome = await scorer.score(claim.job)
    clearInterval(heartbeat)
    const timed = log.child({ duration_ms: Math.round(performance.now() - startedMs) })
    await retryWhileBusy(() => recordOutcome(deps, source, claim, outcome, timed), {
      retryMs: times.recordRetryMs,
      ending,
      // What was computed is kept, and the lease with it: nobody scores it again, and it is no attempt.
      async onDelay(error) {
        log.warn({ err: error }, 'submission.record_delayed')
        await extend(deps, claim, log)
      },
    })
  } catch (error) {
    log.warn({ err: error }, 'submission.record_failed')
  } finally {
    clearInterval(heartbeat)
  }
}

async function extend({ db, clock, times }: ScoreClaimDeps, claim: Claim, log: Logger) {
  try {
    const isHeld = await extendLease(db, claim, clock.now(), times.leaseMs)
    if (!isHeld) log.warn('submission.lease_lost')
  } catch (error) {
    log.warn({ err: error }, 'submission.heartbeat_failed')
  }
}
