import { AuditEvent, AuditQuery } from '@medforge/contracts'
import { type DB, toTimestamp } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS, type AdminDeps } from '../http/admin.ts'
import { pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'

const LIST = 'admin-audit'

/** `/admin/audit` */
export function auditRoutes({ db, guards, pagination }: AdminDeps): Routes {
  return async (app) => {
    app.get(
      '/admin/audit',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'Who used which right on what, newest first',
          tags: ADMIN_TAGS,
          querystring: AuditQuery,
          success: { 200: Type.Array(AuditEvent) },
          problems: [...ADMIN_PROBLEMS, 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const { limit, cursor } = pagination.parsePage(LIST, request.query)
        const page = { limit: limit + 1, before: cursor as number | null }
        const events = await listEvents(db, request.query, page)
        const last = events.length > limit ? events[limit - 1] : undefined
        const nextCursor = last ? pagination.encodeCursor(LIST, last.id) : null
        return pageOf(request, events.slice(0, limit), { limit, nextCursor })
      },
    )
  }
}

async function listEvents(
  db: Kysely<DB>,
  filter: AuditQuery,
  page: { limit: number; before: number | null },
): Promise<AuditEvent[]> {
  let query = db
    .selectFrom('audit_events as event')
    .leftJoin('users as actor', 'actor.id', 'event.actor_user_id')
    .selectAll('event')
    .select('actor.email as actor_email')
  if (filter.action !== undefined) query = query.where('event.action', '=', filter.action)
  if (filter.subject !== undefined) query = query.where('event.subject', '=', filter.subject)
  if (filter.actor_user_id !== undefined) {
    query = query.where('event.actor_user_id', '=', filter.actor_user_id)
  }
  if (page.before !== null) query = query.where('event.id', '<', page.before)
  const rows = await query.orderBy('event.id', 'desc').limit(page.limit).execute()
  return rows.map((row) => ({
    id: row.id,
    at: toTimestamp(row.at),
    actor_user_id: row.actor_user_id,
    actor_email: row.actor_email,
    action: row.action,
    subject: row.subject,
    detail: row.detail === null ? null : JSON.parse(row.detail),
    request_id: row.request_id,
  }))
}
