import { AdminUser, AdminUserChange, AdminUserQuery, UserIdParams } from '@medforge/contracts'
import { listUsers } from '@medforge/core'
import type { CreatedKey, DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS } from '../http/admin.ts'
import { principalOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { AccountService } from './account-service.ts'
import { clientOf } from './routes.ts'

export type AccountAdminRoutesDeps = {
  db: Kysely<DB>
  service: AccountService
  guards: RouteGuards
  pagination: Pagination
}

/** `/admin/users…` */
export function accountAdminRoutes(deps: AccountAdminRoutesDeps): Routes {
  const { db, service, guards, pagination } = deps
  return async (app) => {
    app.get(
      '/admin/users',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'All accounts, newest first',
          tags: ADMIN_TAGS,
          querystring: AdminUserQuery,
          success: { 200: Type.Array(AdminUser) },
          problems: [...ADMIN_PROBLEMS, 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const page = pagination.parsePage<CreatedKey>('admin-users', request.query)
        const { rows, next } = await listUsers(db, request.query.q, page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.patch(
      '/admin/users/:user_id',
      {
        preValidation: [guards.origin, guards.signedIn, guards.admin],
        schema: route({
          summary: "Change an account's role, limit or admission",
          description:
            'Disabling ends every login of the account at once and lets its sessions go on; stop those with POST /sessions/{id}/stop.',
          tags: ADMIN_TAGS,
          params: UserIdParams,
          body: AdminUserChange,
          success: { 200: AdminUser },
          problems: ['origin_not_allowed', ...ADMIN_PROBLEMS, 'not_found', 'last_admin'],
        }),
      },
      async (request) => {
        const { userId } = principalOf(request)
        const { user_id } = request.params
        const user = await service.changeAccount(userId, user_id, request.body, clientOf(request))
        return envelopeOf(request, user)
      },
    )
  }
}
