import { type DB, recordAudit } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { ProxyDecision } from './proxy.ts'

/** Notes that an admin opened somebody else's session. */
export interface VisitLog {
  /** Returns at once; writes at most once a minute for each admin and session. */
  note(decision: ProxyDecision, requestId: string): void
  /** Resolves when nothing is being written any more. */
  settled(): Promise<void>
}

const PAUSE_MS = 60_000
// More admins on more sessions than any one host has; a full table forgets its oldest entry, which costs a row too many.
const ENTRIES_MAX = 1_000

export function createVisitLog(deps: { db: Kysely<DB>; clock: Clock; logger: Logger }): VisitLog {
  const { db, clock, logger } = deps
  const lastMs = new Map<string, number>()
  const writing = new Set<Promise<void>>()

  async function write({ principal, sessionId, ownerId }: ProxyDecision, requestId: string) {
    try {
      await recordAudit(db, {
        actorUserId: principal.userId,
        action: 'session.visit',
        subject: sessionId,
        detail: { owner_user_id: ownerId },
        requestId,
        at: clock.now(),
      })
    } catch (error) {
      logger.error({ err: error, session_id: sessionId, user_id: ownerId }, 'audit.failed')
    }
  }

  return {
    note(decision, requestId) {
      if (decision.principal.userId === decision.ownerId) return
      const key = `${decision.principal.userId} ${decision.sessionId}`
      const nowMs = clock.now().getTime()
      const last = lastMs.get(key)
      if (last !== undefined && Math.abs(nowMs - last) < PAUSE_MS) return
      lastMs.delete(key)
      lastMs.set(key, nowMs)
      const [oldest] = lastMs.keys()
      if (lastMs.size > ENTRIES_MAX && oldest !== undefined) lastMs.delete(oldest)
      const work = write(decision, requestId).finally(() => writing.delete(work))
      writing.add(work)
    },
    async settled() {
      await Promise.all(writing)
    },
  }
}
