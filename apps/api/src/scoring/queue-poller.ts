import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { type Cooldown, createCooldown } from './cooldown.ts'
import { type Claim, claimExpired, claimQueued, type QueueTable } from './queue.ts'

export type PollerDeps = {
  db: Kysely<DB>
  clock: Clock
  monotonicMs: () => number
  /** Names the worker in leases. */
  name: string
  times: { leaseMs: number; takeOverMs: number; holdoutRetryMs: number }
}

export interface QueuePoller {
  /** Something to score, or null; where there was nothing it looks again only after `idleMs`. */
  next(): Promise<Claim | null>
  /** Groups that it leaves alone for `holdoutRetryMs`. */
  cooldown: Cooldown
}

export function createQueuePoller(
  { db, clock, monotonicMs, name, times }: PollerDeps,
  { table, idleMs }: { table: QueueTable; idleMs: number },
): QueuePoller {
  const cooldown = createCooldown(times.holdoutRetryMs, monotonicMs)
  let dueMs = Number.NEGATIVE_INFINITY
  let takeOverDueMs = Number.NEGATIVE_INFINITY

  return {
    cooldown,
    async next() {
      if (monotonicMs() < dueMs) return null
      const { leaseMs } = times
      const options = { worker: name, now: clock.now(), leaseMs, skip: cooldown.ids() }
      if (monotonicMs() >= takeOverDueMs) {
        const taken = await claimExpired(db, table, options)
        if (taken) return taken
        takeOverDueMs = monotonicMs() + times.takeOverMs
      }
      const claim = await claimQueued(db, table, options)
      if (!claim) dueMs = monotonicMs() + idleMs
      return claim
    },
  }
}
