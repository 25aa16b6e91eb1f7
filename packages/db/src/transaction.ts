import type { Kysely, Transaction } from 'kysely'
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
 * Run `work` in one transaction, again from the start (at most 5 times, with jitter) when the database says that it lost a race.
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

/** Whether the database could not be reached at all, as opposed to refusing a statement. */
export function isDatabaseAway(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && AWAY_CODES.has(code)
}

const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'ER_CON_COUNT_ERROR',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_SERVER_SHUTDOWN',
])

/** Whether MariaDB gave this transaction up in favour of another: doing all of it again is safe. */
export function isLostRace(error: unknown): boolean {
  return RETRIABLE_ERRNOS.includes(errnoOf(error) ?? 0)
}

function errnoOf(error: unknown): number | undefined {
  const errno = (error as { errno?: unknown } | null)?.errno
  return typeof errno === 'number' ? errno : undefined
}
