import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

export type AuditEntry = {
  actorUserId: string
  action: 'session.stop' | 'session.visit'
  sessionId: string
  ownerUserId: string
  requestId: string
  at: Date
}

/** Note that somebody used an admin's rights on another person's session. */
export async function recordAudit(db: Kysely<DB>, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit_events')
    .values({
      actor_user_id: entry.actorUserId,
      action: entry.action,
      subject: entry.sessionId,
      detail: JSON.stringify({ owner_user_id: entry.ownerUserId }),
      request_id: entry.requestId,
      at: toSqlTime(entry.at),
    })
    .execute()
}
