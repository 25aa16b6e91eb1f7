import {
  Invitation,
  InvitationIdParams,
  InvitationRequest,
  ListQuery,
  Message,
  NewInvitation,
} from '@medforge/contracts'
import { createInvitation, listInvitations, revokeInvitation } from '@medforge/core'
import type { CreatedKey, DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS } from '../http/admin.ts'
import { DomainError } from '../http/domain-error.ts'
import { actorOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { invalidRequest } from '../http/validation.ts'
import type { Clock } from '../lib/clock.ts'

export type InvitationRoutesDeps = {
  db: Kysely<DB>
  hashInvitation: (code: string) => Buffer
  clock: Clock
  guards: RouteGuards
  pagination: Pagination
}

/** `/admin/invitations…` */
export function invitationRoutes(deps: InvitationRoutesDeps): Routes {
  const { db, hashInvitation, clock, guards, pagination } = deps
  return async (app) => {
    app.post(
      '/admin/invitations',
      {
        preValidation: [guards.origin, guards.signedIn, guards.admin],
        schema: route({
          summary: 'Make an invitation to sign up',
          description:
            'The answer alone has the code: only its HMAC is kept. Where SIGNUP_MODE is not `invite` the code is good for nothing yet.',
          tags: ADMIN_TAGS,
          body: InvitationRequest,
          success: { 201: NewInvitation },
          problems: ['origin_not_allowed', ...ADMIN_PROBLEMS],
        }),
      },
      async (request, reply) => {
        const at = clock.now()
        const { expires_at } = request.body
        if (expires_at && !(Date.parse(expires_at) > at.getTime())) {
          const msg = 'must be a time to come'
          throw invalidRequest([
            { loc: ['body', 'expires_at'], msg, type: 'value_error.expires_at' },
          ])
        }
        const by = { ...actorOf(request), at }
        reply.code(201)
        return envelopeOf(request, await createInvitation(db, hashInvitation, request.body, by))
      },
    )

    app.get(
      '/admin/invitations',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'All invitations, newest first',
          tags: ADMIN_TAGS,
          querystring: ListQuery,
          success: { 200: Type.Array(Invitation) },
          problems: [...ADMIN_PROBLEMS, 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const page = pagination.parsePage<CreatedKey>('invitations', request.query)
        const { rows, next } = await listInvitations(db, page, clock.now())
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.delete(
      '/admin/invitations/:invitation_id',
      {
        preValidation: [guards.origin, guards.signedIn, guards.admin],
        schema: route({
          summary: 'Revoke an invitation',
          description: 'Accounts that were made with it stay.',
          tags: ADMIN_TAGS,
          params: InvitationIdParams,
          success: { 200: Message },
          problems: ['origin_not_allowed', ...ADMIN_PROBLEMS, 'not_found'],
        }),
      },
      async (request) => {
        const { invitation_id: id } = request.params
        const by = { ...actorOf(request), at: clock.now() }
        if (!(await revokeInvitation(db, id, by))) {
          throw new DomainError('not_found', { detail: `There is no invitation ${id}.` })
        }
        return envelopeOf(request, { message: 'Invitation revoked.' })
      },
    )
  }
}
