import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely'
import { createPool, type PoolConnection, type PoolOptions } from 'mysql2'

export type PoolLimits = {
  /** For one statement, the wait for a connection before it included. */
  queryMs: number
  /** For a connection: a free one of the pool, or a new one with its set-up. Shorter than `queryMs`. */
  acquireMs: number
}

/** Runs first on every new connection. */
export type SessionSetup = string

type Done = (error: unknown, result: MysqlQueryResult) => void
type Acquired = (error: unknown, connection: MysqlPoolConnection) => void

// A server that hangs does not say goodbye either.
const END_LIMIT_MS = 1_000

/**
 * A pool of mysql2 in which nothing waits for ever: not for a connection, not for an answer, not for the end.
 *
 * A connection whose answer is overdue, or that broke, is thrown away: its answer may still come, and would be taken for the next
 * statement's. Whatever is asked on it afterwards (a rollback) fails at once with what it broke of.
 */
export function createLimitedPool(
  options: PoolOptions,
  setup: SessionSetup,
  limits: PoolLimits,
): MysqlPool {
  const pool = createPool(options)
  const open = new Set<PoolConnection>()
  const limited = new WeakMap<PoolConnection, LimitedConnection>()

  pool.on('connection', (raw: PoolConnection) => {
    open.add(raw)
    const forget = () => open.delete(raw)
    raw.once('end', forget)
    // A connection that breaks more than once would end the process if nobody listened.
    raw.on('error', forget)
  })

  /** Out of the pool and closed without a goodbye, which a peer that hangs would never answer. */
  function hangUp(raw: PoolConnection): void {
    open.delete(raw)
    raw.destroy()
    const { stream } = raw as unknown as { stream?: { destroy(): void } }
    stream?.destroy()
  }

  /** Hands out a connection on which `setup` was run. */
  function prepare(raw: PoolConnection, leftMs: number, acquired: Acquired): void {
    const known = limited.get(raw)
    if (known) {
      acquired(null, known)
      return
    }
    const connection = limitConnection(raw, limits.queryMs, () => hangUp(raw))
    limited.set(raw, connection)
    connection.spend(limits.queryMs - leftMs)
    connection.query(setup, [], (error) => {
      if (error) hangUp(raw)
      acquired(error, connection)
    })
  }

  return {
    getConnection(acquired) {
      const startedMs = performance.now()
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        acquired(overdue('No connection to the database was to be had in time.'), NO_CONNECTION)
      }, limits.acquireMs)

      pool.getConnection((error, raw) => {
        if (error) {
          clearTimeout(timer)
          if (!isLate) acquired(error, NO_CONNECTION)
          return
        }
        if (isLate) return raw.release()
        const leftMs = limits.acquireMs - (performance.now() - startedMs)
        prepare(raw, leftMs, (failure, connection) => {
          clearTimeout(timer)
          if (isLate) return failure ? undefined : connection.release()
          const waitedMs = performance.now() - startedMs
          if (!failure) (connection as LimitedConnection).spend(waitedMs)
          return acquired(failure, connection)
        })
      })
    },

    end(ended) {
      const timer = setTimeout(() => {
        for (const raw of open) hangUp(raw)
        finish()
      }, END_LIMIT_MS)
      let isOver = false
      function finish(): void {
        clearTimeout(timer)
        if (!isOver) ended(null)
        isOver = true
      }
      // A connection that breaks on its way out has ended, too.
      pool.end(finish)
    },
  }
}

interface LimitedConnection extends MysqlPoolConnection {
  /** The next statement has so much less time. */
  spend(ms: number): void
}

function limitConnection(
  raw: PoolConnection,
  queryMs: number,
  hangUp: () => void,
): LimitedConnection {
  let brokenBy: unknown
  let spentMs = 0

  return {
    config: raw.config,
    threadId: raw.threadId,
    connect: (done) => done?.(null),
    spend(ms) {
      spentMs = ms
    },
    query(sql, values, done?: Done) {
      const timeout = Math.max(1, Math.round(queryMs - spentMs))
      spentMs = 0
      if (brokenBy !== undefined) done?.(brokenBy, [])
      else {
        raw.query({ sql, values, timeout }, (error, result) => {
          if (error && isFatal(error)) {
            // mysql2 gives no code to a statement on a connection that closed just before.
            error.code ??= CLOSED
            brokenBy = error
            hangUp()
          }
          done?.(error, result as unknown as MysqlQueryResult)
        })
      }
      return { stream: refuseStream }
    },
    release: () => raw.release(),
    destroy: hangUp,
  }
}

/** Whether the connection is of no use after this error. */
function isFatal(error: Error & { code?: string; fatal?: boolean }): boolean {
  return error.fatal === true || error.code === OVERDUE
}

/** mysql2's own code for a statement that took too long. */
export const OVERDUE = 'PROTOCOL_SEQUENCE_TIMEOUT'
/** mysql2's own code for a connection that was closed. */
export const CLOSED = 'PROTOCOL_CONNECTION_LOST'

function overdue(message: string): Error {
  return Object.assign(new Error(message), { code: OVERDUE })
}

function refuseStream(): never {
  throw new Error('Streams have no time limit here; read pages.')
}

// Callbacks with an error come without one; nobody looks at it.
const NO_CONNECTION = null as unknown as MysqlPoolConnection
