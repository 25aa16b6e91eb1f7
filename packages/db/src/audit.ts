import type { Kysely } from 'kysely'
import type { DB } from './schema/index.ts'
import { toSqlTime } from './time.ts'

export type AuditEntry = {
  /** Null: the operator, from the command line, or the platform itself (its `detail` says `by`). */
  actorUserId: string | null
  /** `<noun>.<verb>`, such as `session.visit`. */
  action: string
  /** Id of what it was done to. */
  subject: string
  detail?: Record<string, unknown>
  requestId?: string
  at: Date
}

/** Note who used which right on what. In the transaction of the change itself, so that neither is there without the other. */
export async function recordAudit(db: Kysely<DB>, entry: AuditEntry): Promise<void> {
  const { actorUserId, action, subject, detail, requestId, at } = entry
  await db
    .insertInto('audit_events')
    .values({
      actor_user_id: actorUserId,
      action,
      subject,
      detail: detail === undefined ? null : JSON.stringify(detail),
      request_id: requestId ?? null,
      at: toSqlTime(at),
    })
    .execute()
}
