import { setTimeout as sleep } from 'node:timers/promises'
import { type DB, pendingMigrations } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Logger } from '../lib/logger.ts'

const RETRY_MS = 1000
// After the first one, a line every ten tries is enough to see that it still waits.
const LOG_EVERY = 10

/**
 * Resolves once the database answers and has every migration that this code knows; says what it waits for meanwhile. A process that
 * crashed instead would only hide the reason behind its restarts.
 *
 * Resolves early, without a database, when the signal aborts.
 */
export async function waitForDatabase(
  db: Kysely<DB>,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const obstacle = await findObstacle(db)
    if (obstacle === null) return
    if (attempt % LOG_EVERY === 0) logger.warn({ attempt, ...obstacle }, 'database.waiting')
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
  }
}

async function findObstacle(db: Kysely<DB>): Promise<Record<string, unknown> | null> {
  try {
    const pending = await pendingMigrations(db)
    return pending.length === 0 ? null : { reason: 'migrations are pending', pending }
  } catch (error) {
    return { reason: 'the database does not answer', err: error }
  }
}
