import { Kysely, type LogConfig, MysqlDialect } from 'kysely'
import type { PoolOptions } from 'mysql2'
import { createLimitedPool } from './pool.ts'
import type { DB } from './schema/index.ts'

/** How long a statement of a process that serves people may take, the wait for a connection included. */
export const QUERY_LIMIT_MS = 5_000
/** For an operator's long work: migrations, and scoring a whole competition again. */
export const PATIENT_QUERY_LIMIT_MS = 10 * 60_000

const ACQUIRE_LIMIT_MS = 4_000
const LOCK_WAIT_SECONDS = 3

export type DatabaseOptions = {
  /** Connections at most. */
  poolSize: number
  /** Time for one statement; `QUERY_LIMIT_MS` unless given. */
  queryLimitMs?: number
  log?: LogConfig
}

/**
 * A pool on MariaDB with exact times: DATETIME as text in UTC, TINYINT(1) as boolean, strict SQL.
 *
 * A statement that MariaDB does not answer within its limit is an error (`isDatabaseAway`), whatever became of it, and its connection
 * is never used again. Opens no connection until the first query. Close it with `destroy()`.
 */
export function createDatabase(url: string, options: DatabaseOptions): Kysely<DB> {
  const queryMs = options.queryLimitMs ?? QUERY_LIMIT_MS
  const limits = { queryMs, acquireMs: Math.min(ACQUIRE_LIMIT_MS, queryMs * 0.8) }
  const pool = createLimitedPool(poolOptions(url, options.poolSize), sessionSetup(queryMs), limits)
  return new Kysely<DB>({
    dialect: new MysqlDialect({ pool }),
    ...(options.log ? { log: options.log } : {}),
  })
}

function sessionSetup(queryMs: number): string {
  return [
    "SET time_zone = '+00:00'",
    "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    // Error 1020 (a row changed since the snapshot) beside deadlocks: a stale read is refused, never silently old.
    'innodb_snapshot_isolation = ON',
    `innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
    // A server that lives gives up before its client does, so that nothing goes on behind a connection that was thrown away.
    `max_statement_time = ${(queryMs * 0.8) / 1000}`,
    // A process that stands still with a lock that everybody waits for loses it.
    `idle_write_transaction_timeout = ${Math.ceil((queryMs * 2) / 1000)}`,
  ].join(', ')
}

function poolOptions(url: string, poolSize: number): PoolOptions {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  const socketPath = searchParams.get('socketPath')
  return {
    ...(socketPath ? { socketPath } : { host: hostname, port: Number(port || 3306) }),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    connectionLimit: poolSize,
    connectTimeout: 3000,
    enableKeepAlive: true,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    dateStrings: true,
    // MariaDB marks columns with CHECK (JSON_VALID(…)) as JSON; they stay the text that they are.
    jsonStrings: true,
    typeCast: (field, next) => {
      if (field.type === 'TINY' && field.length === 1) {
        const text = field.string()
        return text === null ? null : text === '1'
      }
      return next()
    },
  }
}
