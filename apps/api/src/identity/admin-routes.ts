import { AdminUser, AdminUserChange, AdminUserQuery, UserIdParams } from '@medforge/contracts'
import { changeAccount, findUser, listUsers } from '@medforge/core'
import { type CreatedKey, type DB, inTransaction } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS } from '../http/admin.ts'
import { DomainError } from '../http/domain-error.ts'
import { actorOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'

export type AccountAdminRoutesDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  guards: RouteGuards
  pagination: Pagination
}

/** `/admin/users…` */
export function accountAdminRoutes(deps: AccountAdminRoutesDeps): Routes {
  const { db, clock, logger, guards, pagination } = deps
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
        const { user_id: userId } = request.params
        const { role, max_concurrent_sessions, is_disabled } = request.body
        const change = {
          ...(role === undefined ? {} : { role }),
          ...(max_concurrent_sessions === undefined
            ? {}
            : { limits: { sessions: max_concurrent_sessions } }),
          ...(is_disabled === undefined ? {} : { isDisabled: is_disabled }),
        }
        const by = { ...actorOf(request), at: clock.now() }
        const outcome = await inTransaction(db, (tx) => changeAccount(tx, userId, change, by))
        if (outcome.kind === 'last-admin') {
          throw new DomainError('last_admin', {
            detail:
              'This is the only administrator who can sign in. Make somebody else an administrator first.',
          })
        }
        const user = await findUser(db, userId)
        if (outcome.kind === 'unknown' || !user) {
          throw new DomainError('not_found', { detail: `There is no account ${userId}.` })
        }
        const who = { user_id: userId, by: by.actorUserId, address: request.ip }
        const facts = { ...who, request_id: request.id, role, max_concurrent_sessions, is_disabled }
        logger.info(facts, 'identity.account_changed')
        return envelopeOf(request, user)
      },
    )
  }
}
