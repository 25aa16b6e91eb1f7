import { setTimeout as sleep } from 'node:timers/promises'
import { announceWorker, dismissWorker, FAILED, holdoutReason } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { type Failpoint, noFailpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'
import { insist } from './insist.ts'
import type { Scorer, ScoringOutcome } from './job.ts'
import { createOnHold } from './on-hold.ts'
import { noteFingerprint } from './probing.ts'
import { publishScore } from './publish.ts'
import {
  type Claim,
  claimExpired,
  claimQueued,
  extendLease,
  failClaim,
  releaseClaim,
} from './queue.ts'
import { createShadowWork, type ShadowTimes } from './shadow-work.ts'

export type ScoringWorkerDeps = {
  db: Kysely<DB>
  clock: Clock
  /** For what is due in this process, which no setting of the clock may put off; `performance.now` unless given. */
  monotonicMs?: () => number
  logger: Logger
  /** Names this process in leases; unique among all that run. */
  name: string
  /** One submission is scored on each at a time. */
  scorers: readonly Scorer[]
  times?: Partial<WorkerTimes>
  failpoint?: Failpoint
}

export type WorkerTimes = ShadowTimes & {
  /** How often an idle worker looks into the queue: one indexed read. */
  pollMs: number
  leaseMs: number
  heartbeatMs: number
  /** How often it looks for leases of workers that died. */
  takeOverMs: number
  /** How soon a result is recorded again that the database would not take at the moment. */
  recordRetryMs: number
  /** What a submission in progress is given when the process ends. */
  graceMs: number
}

const TIMES: WorkerTimes = {
  pollMs: 100,
  leaseMs: 30_000,
  heartbeatMs: 10_000,
  takeOverMs: 2000,
  recordRetryMs: 500,
  holdoutRetryMs: 10_000,
  faultRetryMs: 1000,
  graceMs: 3000,
  shadowLeaseMs: 60_000,
  shadowPollMs: 1000,
}
const ATTEMPTS_MAX = 3
const BACKOFF_MAX_MS = 5000

export interface ScoringWorker {
  /** Claim what can be claimed now and start scoring it; resolves when no scorer is free or nothing is left. */
  claimAvailable(): Promise<void>
  /** Resolves when nothing is being scored. */
  idle(): Promise<void>
  /** Until the signal aborts; then what is being scored is finished or given back, and the scorers are closed. */
  run(signal: AbortSignal): Promise<void>
}

/**
 * Takes submissions out of the queue and scores them, as many at a time as there are scorers.
 *
 * Any number of workers may run. Killed at any point, its leases run out and another takes over; a result that comes after the lease is
 * lost changes nothing.
 */
export function createScoringWorker(deps: ScoringWorkerDeps): ScoringWorker {
  const { db, clock, logger, name, failpoint = noFailpoint } = deps
  const monotonicMs = deps.monotonicMs ?? (() => performance.now())
  const times = { ...TIMES, ...deps.times }
  const free = [...deps.scorers]
  const running = new Set<Promise<void>>()
  const attemptsMax = ATTEMPTS_MAX
  const shadow = createShadowWork({ db, clock, monotonicMs, logger, name, times, attemptsMax })
  const onHold = createOnHold(times.holdoutRetryMs, monotonicMs)
  const ending = new AbortController()
  let takeOverDueMs = Number.NEGATIVE_INFINITY
  let onFree = () => {}

  async function claimNext(): Promise<Claim | null> {
    const options = { worker: name, now: clock.now(), leaseMs: times.leaseMs }
    if (monotonicMs() >= takeOverDueMs) {
      const taken = await claimExpired(db, options)
      if (taken) return taken
      takeOverDueMs = monotonicMs() + times.takeOverMs
    }
    return claimQueued(db, { ...options, onHold: onHold.ids() })
  }

  /** Uploads come first; a re-score gets what time is left. */
  async function nextWork(): Promise<((scorer: Scorer) => Promise<void>) | null> {
    const claim = await claimNext()
    return claim ? (scorer) => process(claim, scorer) : shadow.next()
  }

  async function claimAvailable(): Promise<void> {
    for (let scorer = free.pop(); scorer; scorer = free.pop()) {
      const mine = scorer
      const work = await nextWork().catch((error) => {
        free.push(mine)
        throw error
      })
      if (!work) {
        free.push(mine)
        return
      }
      const scoring = work(mine).finally(() => {
        free.push(mine)
        running.delete(scoring)
        onFree()
      })
      running.add(scoring)
    }
  }

  /** Never rejects: what goes wrong here is repaired by the lease running out. */
  async function process(claim: Claim, scorer: Scorer): Promise<void> {
    const log = logger.child({
      request_id: claim.requestId,
      submission_id: claim.job.submissionId,
      user_id: claim.userId,
      competition: claim.job.competitionSlug,
      attempt: claim.attempt,
    })
    const startedMs = performance.now()
    try {
      if (claim.attempt > ATTEMPTS_MAX) {
        await fail(claim, 'fault', 'Three workers died or were cut off while scoring it.', log)
        return
      }
      log.debug('submission.claimed')
      await failpoint('w1.claimed')
      const outcome = await withHeartbeat(claim, log, () => scorer.score(claim.job))
      const timed = log.child({ duration_ms: Math.round(performance.now() - startedMs) })
      await insist(() => record(claim, outcome, timed), {
        retryMs: times.recordRetryMs,
        ending: ending.signal,
        onDelay: (error) => holdOn(claim, error, log),
      })
    } catch (error) {
      log.warn({ err: error }, 'submission.record_failed')
    }
  }

  async function withHeartbeat<Result>(
    claim: Claim,
    log: Logger,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const timer = setInterval(() => void beat(claim, log), times.heartbeatMs)
    try {
      return await work()
    } finally {
      clearInterval(timer)
    }
  }

  async function beat(claim: Claim, log: Logger): Promise<void> {
    try {
      const isHeld = await extendLease(db, claim, clock.now(), times.leaseMs)
      if (!isHeld) log.warn('submission.lease_lost')
    } catch (error) {
      log.warn({ err: error }, 'submission.heartbeat_failed')
    }
  }

  /** What was computed is kept, and the submission with it: nobody has to score it again, and it is no attempt. */
  async function holdOn(claim: Claim, error: unknown, log: Logger): Promise<void> {
    log.warn({ err: error }, 'submission.record_delayed')
    await beat(claim, log)
  }

  async function record(claim: Claim, outcome: ScoringOutcome, log: Logger): Promise<void> {
    switch (outcome.kind) {
      case 'scored': {
        if (outcome.fingerprint) await noteProbing(claim, outcome.fingerprint, log)
        const publication = await publishScore(db, claim, outcome.result, clock.now(), () =>
          failpoint('w4.written_uncommitted'),
        )
        await failpoint('w5.committed')
        if (publication === 'outdated') await giveBack(claim)
        log.info({ publication, primary_score: outcome.result.primary_score }, 'submission.scored')
        return
      }
      case 'holdout_unavailable':
        onHold.put(claim.competitionId)
        await releaseClaim(db, claim, {
          notBefore: later(times.holdoutRetryMs),
          reason: holdoutReason(outcome.reason),
          countsAsAttempt: false,
        })
        log.warn({ reason: outcome.reason }, 'submission.holdout_unavailable')
        return
      case 'invalid':
        await fail(claim, 'invalid', outcome.reason, log)
        return
      case 'fault':
        if (claim.attempt >= ATTEMPTS_MAX) {
          await fail(claim, 'fault', outcome.reason, log)
          return
        }
        await releaseClaim(db, claim, {
          notBefore: later(times.faultRetryMs * claim.attempt),
          reason: outcome.reason,
          countsAsAttempt: true,
        })
        log.warn({ reason: outcome.reason }, 'submission.attempt_failed')
        return
      case 'interrupted':
        await giveBack(claim)
        log.info('submission.given_back')
        return
    }
  }

  /** Before the score is there, so that a worker that dies does it again. What goes wrong here costs nobody a score. */
  async function noteProbing(claim: Claim, bytes: Uint8Array, log: Logger): Promise<void> {
    const { job, competitionId, userId } = claim
    const { submissionId } = job
    const fingerprint = Buffer.from(bytes)
    try {
      const file = { submissionId, competitionId, userId, fingerprint }
      await noteFingerprint(db, file, clock.now())
    } catch (error) {
      log.warn({ err: error }, 'submission.fingerprint_failed')
    }
  }

  async function giveBack(claim: Claim): Promise<void> {
    await releaseClaim(db, claim, { notBefore: null, reason: null, countsAsAttempt: false })
  }

  async function fail(
    claim: Claim,
    why: keyof typeof FAILED,
    internal: string,
    log: Logger,
  ): Promise<void> {
    await failClaim(db, claim, { forPerson: FAILED[why], internal })
    log.error({ reason: internal }, 'submission.failed')
  }

  function later(ms: number): Date {
    return new Date(clock.now().getTime() + ms)
  }

  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.all(running)
  }

  return {
    claimAvailable,
    idle,
    async run(signal) {
      const loop = createLoop({
        intervalMs: times.pollMs,
        backoffMaxMs: BACKOFF_MAX_MS,
        signal,
        runOnce: claimAvailable,
        onFailure: (error, retryInMs) =>
          logger.warn({ err: error, retry_in_ms: retryInMs }, 'scoring.poll_failed'),
      })
      onFree = loop.nudge
      const presence = createLoop({
        intervalMs: times.heartbeatMs,
        backoffMaxMs: times.heartbeatMs,
        signal,
        runOnce: () => announceWorker(db, name, clock.now()),
        onFailure: (error) => logger.warn({ err: error }, 'scoring.presence_failed'),
      })
      await Promise.all([loop.run(), presence.run()])
      await Promise.race([idle(), sleep(times.graceMs, undefined, { ref: false })])
      ending.abort()
      await Promise.all(deps.scorers.map((scorer) => scorer.close()))
      await idle()
      // Only a courtesy to whoever looks at the list: one that is not taken back is forgotten within the hour.
      await dismissWorker(db, name).catch(() => {})
    },
  }
}
