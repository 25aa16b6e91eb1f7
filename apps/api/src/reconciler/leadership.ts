import { setTimeout as sleep } from 'node:timers/promises'
import type { DB } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import type { Logger } from '../lib/logger.ts'

export type LeadershipOptions = {
  db: Kysely<DB>
  logger: Logger
  signal: AbortSignal
  /** Runs while this process leads; `signal` aborts when it no longer does. */
  lead(signal: AbortSignal): Promise<void>
}

const RETRY_MS = 1_000
const VERIFY_INTERVAL_MS = 2_000
const VERIFY_LIMIT_MS = 5_000

/**
 * Lets one reconciler at a time work on a database, by a named lock of MariaDB that ends with its connection.
 *
 * The lock saves double work; safety does not depend on it. Until a process notices that it has lost its lead, another may act too: rows
 * move by compare-and-set, containers and snapshots have one name each, and a container is started only after a compare-and-set that
 * came when it could be seen already, so that whoever frees its GPU finds it. Resolves once `signal` has aborted and the last lead has ended.
 */
export async function whileLeading(options: LeadershipOptions): Promise<void> {
  const { db, logger, signal } = options
  let hasWaited = false
  while (!signal.aborted) {
    const outcome = await db
      .connection()
      .execute((connection) => tryToLead(connection, options))
      .catch((error) => {
        logger.error({ err: error }, 'session.poll.failed')
        return 'failed' as const
      })
    if (outcome === 'taken' && !hasWaited) {
      logger.warn('Another reconciler works on this database; waiting for it to end.')
    }
    hasWaited = outcome === 'taken'
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
  }
}

const LOCK_NAME = sql`CONCAT('medforge.reconciler.', DATABASE())`

async function tryToLead(
  connection: Kysely<DB>,
  { logger, signal, lead }: LeadershipOptions,
): Promise<'taken' | 'led'> {
  const { rows } = await sql<{ got: number | null }>`
    SELECT GET_LOCK(${LOCK_NAME}, 0) AS got`.execute(connection)
  if (rows[0]?.got !== 1) return 'taken'
  const lost = new AbortController()
  const proofs = verifyLead(connection, lost.signal)
    .catch((error) => {
      if (!signal.aborted) logger.error({ err: error }, 'session.poll.failed')
    })
    .finally(() => lost.abort())
  try {
    await lead(AbortSignal.any([signal, lost.signal]))
  } finally {
    lost.abort()
    await proofs
    await sql`SELECT RELEASE_LOCK(${LOCK_NAME})`.execute(connection).catch(() => {})
  }
  return 'led'
}

/** Rejects when the lock is no longer this connection's or the database stopped answering; resolves when `signal` aborts. */
async function verifyLead(connection: Kysely<DB>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(VERIFY_INTERVAL_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    const proof = sql<{ mine: number | null }>`
      SELECT IS_USED_LOCK(${LOCK_NAME}) = CONNECTION_ID() AS mine`.execute(connection)
    const late = new AbortController()
    const limit = sleep(VERIFY_LIMIT_MS, undefined, { signal: late.signal }).catch(() => undefined)
    const answer = await Promise.race([proof, limit])
    late.abort()
    if (answer?.rows[0]?.mine !== 1) throw new Error('This reconciler has lost its lead.')
  }
}
