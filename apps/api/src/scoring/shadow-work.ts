import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { Scorer, ScoringOutcome } from './job.ts'
import { createOnHold } from './on-hold.ts'
import {
  claimShadow,
  recordShadowFailure,
  recordShadowScore,
  releaseShadow,
  type ShadowClaim,
} from './shadow-queue.ts'

export type ShadowTimes = {
  /** Longer than a scorer may take, so that no heartbeat is needed. */
  shadowLeaseMs: number
  /** How often a worker without other work looks for a re-score. */
  shadowPollMs: number
  /** How long submissions wait whose holdout cannot be used. */
  holdoutRetryMs: number
  /** After the first fault; the second waits twice as long. */
  faultRetryMs: number
}

export type ShadowDeps = {
  db: Kysely<DB>
  clock: Clock
  monotonicMs: () => number
  logger: Logger
  name: string
  times: ShadowTimes
  attemptsMax: number
}

/** What a worker does when no upload waits: score submissions of an open re-score, whose results nobody sees before the switch. */
export function createShadowWork(deps: ShadowDeps) {
  const { db, clock, monotonicMs, logger, name, times, attemptsMax } = deps
  const onHold = createOnHold(times.holdoutRetryMs, monotonicMs)
  let dueMs = Number.NEGATIVE_INFINITY

  async function record(claim: ShadowClaim, outcome: ScoringOutcome): Promise<void> {
    const later = (ms: number) => new Date(clock.now().getTime() + ms)
    switch (outcome.kind) {
      case 'scored':
        await recordShadowScore(db, claim, outcome.result, clock.now())
        return
      case 'invalid':
        await recordShadowFailure(db, claim, 'invalid', outcome.reason)
        return
      case 'holdout_unavailable':
        onHold.put(claim.runId)
        await releaseShadow(db, claim, {
          notBefore: later(times.holdoutRetryMs),
          reason: outcome.reason,
          countsAsAttempt: false,
        })
        return
      case 'fault':
        if (claim.attempt >= attemptsMax) {
          await recordShadowFailure(db, claim, 'failed', outcome.reason)
          return
        }
        await releaseShadow(db, claim, {
          notBefore: later(times.faultRetryMs * claim.attempt),
          reason: outcome.reason,
          countsAsAttempt: true,
        })
        return
      case 'interrupted':
        await releaseShadow(db, claim, { notBefore: null, reason: null, countsAsAttempt: false })
        return
    }
  }

  async function score(claim: ShadowClaim, scorer: Scorer): Promise<void> {
    const { runId, job, attempt } = claim
    const log = logger.child({ rescore_run: runId, submission_id: job.submissionId, attempt })
    try {
      if (attempt > attemptsMax) {
        const reason = 'Three workers died or were cut off while scoring it.'
        await recordShadowFailure(db, claim, 'failed', reason)
        return
      }
      const outcome = await scorer.score(job)
      await record(claim, outcome)
      log.debug({ outcome: outcome.kind }, 'rescore.recorded')
    } catch (error) {
      // The lease runs out and somebody else tries.
      log.warn({ err: error }, 'rescore.record_failed')
    }
  }

  return {
    /** Something to score, or null; where there was nothing it looks again only after a while. */
    async next(): Promise<((scorer: Scorer) => Promise<void>) | null> {
      if (monotonicMs() < dueMs) return null
      const now = clock.now()
      const options = { worker: name, now, leaseMs: times.shadowLeaseMs, onHold: onHold.ids() }
      const claim = await claimShadow(db, options)
      if (!claim) {
        dueMs = monotonicMs() + times.shadowPollMs
        return null
      }
      return (scorer) => score(claim, scorer)
    },
  }
}
