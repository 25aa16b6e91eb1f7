import {
  Invitation,
  InvitationIdParams,
  InvitationRequest,
  ListQuery,
  Message,
  NewInvitation,
} from '@medforge/contracts'
import type { InvitationKey } from '@medforge/core'
import { createInvitation, type InvitationsDeps } from '@medforge/core'
import { Type } from 'typebox'
import { DomainError } from '../http/domain-error.ts'
import { principalOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { invalidRequest } from '../http/validation.ts'
import type { Clock } from '../lib/clock.ts'

const LIST = 'invitations'
const tags = ['Administration']
const PROBLEMS = ['authentication_required', 'admin_required'] as const

export type InvitationRoutesDeps = InvitationsDeps & {
  clock: Clock
  guards: RouteGuards
  pagination: Pagination
}

/** `/admin/invitations…` */
export function invitationRoutes(deps: InvitationRoutesDeps): Routes {
  const { repository, clock, guards, pagination } = deps
  return async (app) => {
    app.post(
      '/admin/invitations',
      {
        preValidation: [guards.origin, guards.signedIn, guards.admin],
        schema: route({
          summary: 'Make an invitation to sign up',
          description:
            'The answer alone has the code: only its HMAC is kept. Where SIGNUP_MODE is not `invite` the code is good for nothing yet.',
          tags,
          body: InvitationRequest,
          success: { 201: NewInvitation },
          problems: ['origin_not_allowed', ...PROBLEMS],
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
        const by = { actorUserId: principalOf(request).userId, requestId: request.id, at }
        reply.code(201)
        return envelopeOf(request, await createInvitation(deps, request.body, by))
      },
    )

    app.get(
      '/admin/invitations',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'All invitations, newest first',
          tags,
          querystring: ListQuery,
          success: { 200: Type.Array(Invitation) },
          problems: [...PROBLEMS, 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const { limit, cursor } = pagination.parsePage(LIST, request.query)
        const after = cursor as InvitationKey | null
        const rows = await repository.list({ limit: limit + 1, after, at: clock.now() })
        const last = rows.length > limit ? rows[limit - 1] : undefined
        const nextCursor = last ? pagination.encodeCursor(LIST, last.key) : null
        const invitations = rows.slice(0, limit).map(({ invitation }) => invitation)
        return pageOf(request, invitations, { limit, nextCursor })
      },
    )

    app.delete(
      '/admin/invitations/:invitation_id',
      {
        preValidation: [guards.origin, guards.signedIn, guards.admin],
        schema: route({
          summary: 'Revoke an invitation',
          description: 'Accounts that were made with it stay.',
          tags,
          params: InvitationIdParams,
          success: { 200: Message },
          problems: ['origin_not_allowed', ...PROBLEMS, 'not_found'],
        }),
      },
      async (request) => {
        const { invitation_id: id } = request.params
        const by = {
          actorUserId: principalOf(request).userId,
          requestId: request.id,
          at: clock.now(),
        }
        if (!(await repository.revoke(id, by))) {
          throw new DomainError('not_found', { detail: `There is no invitation ${id}.` })
        }
        return envelopeOf(request, { message: 'Invitation revoked.' })
      },
    )
  }
}
