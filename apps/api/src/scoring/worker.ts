import { setTimeout as sleep } from 'node:timers/promises'
import { removeWorkerHeartbeat, writeWorkerHeartbeat } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { type Failpoint, noFailpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'
import type { Scorer } from './job.ts'
import { createQueuePoller, type PollerDeps } from './queue-poller.ts'
import { createRescoreQueue } from './rescore-queue.ts'
import { type ScoreClaimDeps, scoreClaim } from './score-claim.ts'
import { createSubmissionQueue } from './submission-queue.ts'

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

export type WorkerTimes = PollerDeps['times'] &
  ScoreClaimDeps['times'] & {
    /** How often an idle worker looks for an upload: one indexed read. */
    pollMs: number
    /** How often it looks for a re-score meanwhile. */
    rescorePollMs: number
    /** What a submission in progress is given when the process ends. */
    graceMs: number
  }

const TIMES: WorkerTimes = {
  pollMs: 100,
  rescorePollMs: 1000,
  leaseMs: 30_000,
  heartbeatMs: 10_000,
  takeOverMs: 2000,
  recordRetryMs: 500,
  holdoutRetryMs: 10_000,
  faultRetryMs: 1000,
  graceMs: 3000,
}
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
 * Takes submissions out of the queues and scores them, as many at a time as there are scorers.
 *
 * Any number of workers may run. Killed at any point, its leases run out and another takes over; a result that comes after the lease is
 * lost changes nothing.
 */
export function createScoringWorker(deps: ScoringWorkerDeps): ScoringWorker {
  const { db, clock, logger, name, failpoint = noFailpoint } = deps
  const monotonicMs = deps.monotonicMs ?? (() => performance.now())
  const times = { ...TIMES, ...deps.times }
  const ending = new AbortController()
  const scoring = { db, clock, logger, failpoint, times, ending: ending.signal }
  // Uploads come first; a re-score gets what time is left.
  const sources = [
    createSubmissionQueue({ db, clock, failpoint }),
    createRescoreQueue({ db, clock, idleMs: times.rescorePollMs }),
  ].map((queue) => ({
    queue,
    ...createQueuePoller({ db, clock, monotonicMs, name, times }, queue),
  }))
  const free = [...deps.scorers]
  const running = new Set<Promise<void>>()
  let onFree = () => {}

  async function claimNext(): Promise<((scorer: Scorer) => Promise<void>) | null> {
    for (const source of sources) {
      const claim = await source.next()
      if (claim) return (scorer) => scoreClaim(scoring, source, claim, scorer)
    }
    return null
  }

  async function claimAvailable(): Promise<void> {
    for (let scorer = free.pop(); scorer; scorer = free.pop()) {
      const mine = scorer
      const work = await claimNext().catch((error) => {
        free.push(mine)
        throw error
      })
      if (!work) {
        free.push(mine)
        return
      }
      const done = work(mine).finally(() => {
        free.push(mine)
        running.delete(done)
        onFree()
      })
      running.add(done)
    }
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
      const heartbeat = createLoop({
        intervalMs: times.heartbeatMs,
        backoffMaxMs: times.heartbeatMs,
        signal,
        runOnce: () => writeWorkerHeartbeat(db, name, clock.now()),
        onFailure: (error) => logger.warn({ err: error }, 'scoring.heartbeat_failed'),
      })
      await Promise.all([loop.run(), heartbeat.run()])
      await Promise.race([idle(), sleep(times.graceMs, undefined, { ref: false })])
      ending.abort()
      await Promise.all(deps.scorers.map((scorer) => scorer.close()))
      await idle()
      // One that stays is forgotten within the hour.
      await removeWorkerHeartbeat(db, name).catch(() => {})
    },
  }
}
