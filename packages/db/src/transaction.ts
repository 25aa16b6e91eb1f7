import type { Kysely, Transaction } from 'kysely'
import { CLOSED, OVERDUE } from './pool.ts'
import type { DB } from './schema/index.ts'

// Lost to another transaction: lock wait time-out, deadlock, row changed since the snapshot.
const RETRIABLE_ERRNOS: readonly number[] = [1205, 1213, 1020]
const DUPLICATE_KEY_ERRNO = 1062
const ATTEMPTS_MAX = 5

export type TransactionOptions = {
  /** Names of unique keys whose violation means "somebody was faster, try again". */
  retryDuplicateKeys?: readonly string[]
}

/**
 * Run `work` in one transaction, again from the start (at most 5 times, with jitter) when the database gives it up for another (a lost race).
 *
 * `work` may run several times: it must have no effect outside the transaction. Any other error rolls back and is thrown as it is.
 */
export async function inTransaction<Result>(
  db: Kysely<DB>,
  work: (tx: Transaction<DB>) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      const lostRace =
        isLostRace(error) ||
        (options.retryDuplicateKeys ?? []).some((key) => isDuplicateKey(error, key))
      if (!lostRace || attempt >= ATTEMPTS_MAX) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt))
    }
  }
}

/** Whether MariaDB refused an insert or update because of this unique key (error 1062). */
export function isDuplicateKey(error: unknown, key: string): boolean {
  return (
    errnoOf(error) === DUPLICATE_KEY_ERRNO &&
    error instanceof Error &&
    new RegExp(`for key '(?:[^'.]+\\.)?${key}'`).test(error.message)
  )
}

/**
 * Whether the database could not be reached, did not answer in time or cannot write at the moment, as opposed to refusing this one
 * statement. What became of a statement that changes something is not known then.
 */
export function isDatabaseAway(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return (typeof code === 'string' && AWAY_CODES.has(code)) || AWAY_ERRNOS.has(errnoOf(error) ?? 0)
}

const AWAY_CODES = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  CLOSED,
  OVERDUE,
])

// By number: the client has no names for some of MariaDB's own.
const AWAY_ERRNOS = new Set([
  1021, // its disk is full
  1030, // its storage fails (a full disk, too)
  1040, // too many connections
  1053, // it is shutting down
  1114, // a table is full (a full disk, too)
  1290, // it is read-only
  1836, // it is read-only
  1927, // the connection was ended by an administrator
  1969, // the statement took too long
])

/** Whether MariaDB gave this transaction up in favour of another: doing all of it again is safe. */
export function isLostRace(error: unknown): boolean {
  return RETRIABLE_ERRNOS.includes(errnoOf(error) ?? 0)
}

function errnoOf(error: unknown): number | undefined {
  const errno = (error as { errno?: unknown } | null)?.errno
  return typeof errno === 'number' ? errno : undefined
}
