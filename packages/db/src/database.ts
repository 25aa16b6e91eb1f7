import { CompiledQuery, Kysely, type LogConfig, MysqlDialect } from 'kysely'
import { createPool, type PoolOptions } from 'mysql2'
import type { DB } from './schema/index.ts'

// Error 1020 (a row changed since the snapshot) beside deadlocks: a stale read is refused, never silently old.
const SESSION_SETUP = [
  "SET time_zone = '+00:00'",
  "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  'innodb_snapshot_isolation = ON',
  'innodb_lock_wait_timeout = 5',
  'max_statement_time = 30',
].join(', ')

export type DatabaseOptions = {
  /** Connections at most. */
  poolSize: number
  log?: LogConfig
}

/**
 * A pool on MariaDB with exact times: DATETIME as text in UTC, TINYINT(1) as boolean, strict SQL.
 *
 * Opens no connection until the first query. Close it with `destroy()`.
 */
export function createDatabase(url: string, options: DatabaseOptions): Kysely<DB> {
  return new Kysely<DB>({
    dialect: new MysqlDialect({
      pool: createPool(poolOptions(url, options.poolSize)),
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw(SESSION_SETUP))
      },
    }),
    ...(options.log ? { log: options.log } : {}),
  })
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
