import { areAccessesClosed, closeAccesses, newId, openAccesses } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { parseEdgeClient } from './edge-client.ts'
import type { ProxyDecision } from './proxy.ts'
import { type AccessRow, replaceAccesses } from './repository.ts'

/** Keeps which token entered which session through which connection of the edge, for the end of its login. */
export interface AccessLog extends AsyncDisposable {
  /** Whether access may be granted: what is noted from now on and then lost would be taken for lost. */
  readonly isReady: boolean
  /** Resolves once it may. One read, and a write where the server before has closed its notes. @throws the database's own error */
  ready(): Promise<void>
  /**
   * Before the answer that grants it. Returns at once; the row is written within `WRITE_AFTER_MS`, and tried again until it is.
   *
   * @param client  the edge's header about the connection; undefined without one from the edge
   */
  note(decision: Pick<ProxyDecision, 'tokenHash' | 'sessionId'>, client: string | undefined): void
  /** Resolves once everything that was noted before is written. @throws the database's own error */
  flush(): Promise<void>
}

export type AccessLogDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  idleTtlSeconds: number
}

const WRITE_AFTER_MS = 1_000
const RETRY_AFTER_MS = 2_000
// Beyond it connections are no longer distinguished: the table stays small, whoever opens thousands.
const CLIENTS_MAX = 1_000
// Decisions wait for less than 2 ms while one is put together.
const ROWS_A_STATEMENT = 100

type Access = {
  tokenHash: Buffer
  sessionId: string
  client: string | undefined
  seenMs: number
  /** Grows from note to note. */
  use: number
}

export function createAccessLog(deps: AccessLogDeps): AccessLog {
  const { db, clock, logger } = deps
  const idleTtlMs = deps.idleTtlSeconds * 1000
  const writer = newId()
  let isReady = false
  let isOpen = false
  let isClosing = false
  let isFailing = false
  let opening: Promise<void> | undefined
  let unwritten = new Map<string, Access>()
  /** What a client noted last and is unwritten; the next of its requests is mostly the same. */
  const lastOf = new Map<string | undefined, Access>()
  let uses = 0
  let writing: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  async function open(): Promise<void> {
    if (isOpen) return
    opening ??= openAccesses(db, writer, { at: clock.now(), idleTtlMs })
    try {
      await opening
      isOpen = true
      isReady = true
    } finally {
      opening = undefined
    }
  }

  async function ready(): Promise<void> {
    if (isReady) return
    if (await areAccessesClosed(db)) await open()
    isReady = true
  }

  async function write(): Promise<void> {
    next = undefined
    clearTimeout(timer)
    timer = undefined
    try {
      await open()
      await writeTaken()
      isFailing = false
    } catch (error) {
      if (!isFailing) {
        logger.warn({ err: error, accesses: unwritten.size }, 'session.accesses.not_written')
      }
      isFailing = true
      if (!isClosing) writeAfter(RETRY_AFTER_MS)
      throw error
    }
  }

  async function writeTaken(): Promise<void> {
    // In the order of the last use, which the ids of the rows repeat.
    const taken = [...unwritten].sort(([, one], [, other]) => one.use - other.use)
    unwritten = new Map()
    lastOf.clear()
    for (let at = 0; at < taken.length; at += ROWS_A_STATEMENT) {
      const rows = taken.slice(at, at + ROWS_A_STATEMENT).map(([, access]) => rowOf(access))
      try {
        await replaceAccesses(db, rows)
      } catch (error) {
        // What was used again meanwhile is the later one.
        const left = taken.slice(at).filter(([key]) => !unwritten.has(key))
        unwritten = new Map([...left, ...unwritten])
        throw error
      }
    }
  }

  /** Statements one after the other; who asks while one runs shares the next. */
  function flush(): Promise<void> {
    next ??= writing.catch(() => {}).then(write)
    writing = next
    return next
  }

  function writeAfter(ms: number): void {
    timer ??= setTimeout(() => flush().catch(() => {}), ms).unref()
  }

  return {
    get isReady() {
      return isReady
    },
    ready,
    flush,
    note({ tokenHash, sessionId }, client) {
      const kept = unwritten.size < CLIENTS_MAX ? client : undefined
      const last = lastOf.get(kept)
      uses += 1
      if (last?.tokenHash === tokenHash && last.sessionId === sessionId) {
        last.seenMs = clock.now().getTime()
        last.use = uses
        return
      }
      const seenMs = clock.now().getTime()
      const access = { tokenHash, sessionId, client: kept, seenMs, use: uses }
      unwritten.set(`${tokenHash.toString('latin1')} ${sessionId} ${kept}`, access)
      lastOf.set(kept, access)
      writeAfter(WRITE_AFTER_MS)
    },
    async [Symbol.asyncDispose]() {
      isClosing = true
      clearTimeout(timer)
      if (!isOpen && unwritten.size === 0) return
      try {
        await flush()
        await closeAccesses(db, writer, clock.now())
      } catch (error) {
        // The next server assumes that any login may have entered any session it could.
        logger.warn({ err: error, accesses: unwritten.size }, 'session.accesses.not_closed')
      }
    },
  }
}

function rowOf({ tokenHash, sessionId, client, seenMs }: Access): AccessRow {
  const known = parseEdgeClient(client)
  return {
    token_hash: tokenHash,
    session_id: sessionId,
    client: known?.client ?? null,
    is_multiplexed: known?.isMultiplexed ?? true,
    seen_at: toSqlTime(new Date(seenMs)),
  }
}
