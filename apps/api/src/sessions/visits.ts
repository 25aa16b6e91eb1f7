import { setTimeout as sleep } from 'node:timers/promises'
import { BoundedMap } from '@medforge/core/bounded-map'
import { type AuditEntry, type DB, recordAudit } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { ProxyDecision } from './proxy.ts'

/** Notes that an admin opened somebody else's session. */
export interface VisitLog extends AsyncDisposable {
  /**
   * Returns at once; at most one row a minute for each admin and session. A row that cannot be written is tried again until it is, with the
   * time of the visit; while it waits, later visits of the same admin to the same session are one with it.
   */
  note(decision: ProxyDecision, requestId: string): void
  /** Tries once more what is still unwritten; at the first failure everything that is left goes to the log alone. */
  [Symbol.asyncDispose](): Promise<void>
}

export type VisitLogDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  /** Pause after a row could not be written; it doubles from failure to failure, up to `maxMs`. */
  retry?: { firstMs: number; maxMs: number }
}

const PAUSE_MS = 60_000
// More admins on more sessions than any one host has; a full table forgets its oldest entry, which costs a row too many.
const ENTRIES_MAX = 1_000

export function createVisitLog(deps: VisitLogDeps): VisitLog {
  const { db, clock, logger, retry = { firstMs: 1_000, maxMs: 30_000 } } = deps
  const lastMs = new BoundedMap<string, number>(ENTRIES_MAX)
  /** By admin and session, in the order in which they are tried. */
  const unwritten = new Map<string, AuditEntry>()
  const closing = new AbortController()
  let writing: Promise<void> | undefined

  /** @returns whether it is written */
  async function write(entry: AuditEntry): Promise<boolean> {
    try {
      await recordAudit(db, entry)
      return true
    } catch (error) {
      logger.error({ err: error, ...factsOf(entry) }, 'audit.failed')
      return false
    }
  }

  async function writeAll(): Promise<void> {
    let pauseMs = retry.firstMs
    try {
      for (let [next] = unwritten; next; [next] = unwritten) {
        const [key, entry] = next
        const isLastTry = closing.signal.aborted
        const isWritten = await write(entry)
        unwritten.delete(key)
        if (isWritten) {
          pauseMs = retry.firstMs
          continue
        }
        // Behind the others, so that one that is refused for a reason of its own holds up nobody.
        unwritten.set(key, entry)
        if (isLastTry) return giveUp()
        await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => {})
        pauseMs = Math.min(pauseMs * 2, retry.maxMs)
      }
    } finally {
      // At once: what is added after the last look is written by a next one, not forgotten behind this.
      writing = undefined
    }
  }

  function giveUp(): void {
    for (const entry of unwritten.values()) logger.error(factsOf(entry), 'audit.lost')
    unwritten.clear()
  }

  function add(key: string, entry: AuditEntry): void {
    unwritten.set(key, entry)
    writing ??= writeAll()
  }

  return {
    note({ userId, sessionId, ownerId }, requestId) {
      if (userId === ownerId) return
      const key = `${userId} ${sessionId}`
      const now = clock.now()
      const last = lastMs.get(key)
      if (last !== undefined && Math.abs(now.getTime() - last) < PAUSE_MS) return
      // No room either: the next request tries again.
      if (unwritten.has(key) || unwritten.size >= ENTRIES_MAX) return
      lastMs.set(key, now.getTime())
      add(key, {
        actorUserId: userId,
        action: 'session.visit',
        subject: sessionId,
        detail: { owner_user_id: ownerId },
        requestId,
        at: now,
      })
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      while (writing !== undefined) await writing
    },
  }
}

/** What a log line needs so that the visit is not lost with the row. */
function factsOf({ actorUserId, subject, detail, requestId, at }: AuditEntry) {
  return {
    action: 'session.visit',
    actor_user_id: actorUserId,
    session_id: subject,
    user_id: detail?.owner_user_id,
    request_id: requestId,
    visited_at: at.toISOString(),
  }
}
