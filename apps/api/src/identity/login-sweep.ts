import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'
import { deleteExpiredLogins } from './repository.ts'

/** After its expiry a login is kept for a day, for whoever looks into something that has just happened. */
const KEPT_AFTER_EXPIRY_MS = 86_400_000
const INTERVAL_MS = 3_600_000
// Small enough that a log-in which waits for the same rows does not notice.
const BATCH = 500

export type LoginSweepDeps = { db: Kysely<DB>; clock: Clock; logger: Logger; signal: AbortSignal }

/**
 * Delete the logins that expired more than a day ago, revoked ones with them: nothing refers to one, and the audit names accounts.
 *
 * @returns how many
 */
export async function sweepExpiredLogins(deps: LoginSweepDeps, batch = BATCH): Promise<number> {
  const { db, clock, logger, signal } = deps
  const at = clock.now()
  const before = new Date(at.getTime() - KEPT_AFTER_EXPIRY_MS)
  let removed = 0
  for (let last = batch; last === batch && !signal.aborted; removed += last) {
    last = await deleteExpiredLogins(db, { before, at }, batch)
  }
  if (removed > 0) logger.info({ removed }, 'identity.logins_swept')
  return removed
}

/** Sweeps at once and then every hour until the signal aborts. Never rejects. */
export function keepSweepingLogins(deps: LoginSweepDeps): Promise<void> {
  const { logger, signal } = deps
  const sweeping = createLoop({
    intervalMs: INTERVAL_MS,
    backoffMaxMs: INTERVAL_MS,
    signal,
    runOnce: async () => void (await sweepExpiredLogins(deps)),
    onFailure: (error) => logger.warn({ err: error }, 'identity.sweep_failed'),
  })
  return sweeping.run()
}
