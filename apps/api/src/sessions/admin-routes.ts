import { ACTIVE_SESSION_STATUSES, AdminSession, AdminSessionQuery } from '@medforge/contracts'
import type { DB, SqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS, type AdminDeps } from '../http/admin.ts'
import { pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { toSession } from './view.ts'

const LIST = 'admin-sessions'
type SessionKey = { created_at: SqlTime; id: string }

/** `/admin/sessions`. One session is read and stopped under `/sessions/{id}`, where an administrator may too. */
export function sessionAdminRoutes({ db, domain, guards, pagination }: AdminDeps): Routes {
  return async (app) => {
    app.get(
      '/admin/sessions',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: "Everybody's sessions, newest first",
          tags: ADMIN_TAGS,
          querystring: AdminSessionQuery,
          success: { 200: Type.Array(AdminSession) },
          problems: [...ADMIN_PROBLEMS, 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const { limit, cursor } = pagination.parsePage(LIST, request.query)
        const page = { limit: limit + 1, after: cursor as SessionKey | null }
        const rows = await listSessions(db, request.query, page)
        const last = rows.length > limit ? rows[limit - 1] : undefined
        const key = last && { created_at: last.created_at, id: last.id }
        const sessions = rows.slice(0, limit).map((row) => ({
          ...toSession(row, domain),
          user_email: row.user_email,
          user_display_name: row.user_display_name,
        }))
        const nextCursor = key ? pagination.encodeCursor(LIST, key) : null
        return pageOf(request, sessions, { limit, nextCursor })
      },
    )
  }
}

function listSessions(
  db: Kysely<DB>,
  filter: AdminSessionQuery,
  page: { limit: number; after: SessionKey | null },
) {
  const { after } = page
  let query = db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select(['users.email as user_email', 'users.display_name as user_display_name'])
  if (filter.user_id !== undefined) query = query.where('sessions.user_id', '=', filter.user_id)
  if (filter.status === 'active') {
    query = query.where('sessions.status', 'in', ACTIVE_SESSION_STATUSES)
  } else if (filter.status !== undefined) {
    query = query.where('sessions.status', '=', filter.status)
  }
  if (after) {
    query = query.where(({ or, and, eb }) =>
      or([
        eb('sessions.created_at', '<', after.created_at),
        and([eb('sessions.created_at', '=', after.created_at), eb('sessions.id', '<', after.id)]),
      ]),
    )
  }
  return query
    .orderBy('sessions.created_at', 'desc')
    .orderBy('sessions.id', 'desc')
    .limit(page.limit)
    .execute()
}
