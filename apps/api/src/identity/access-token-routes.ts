import {
  AccessToken,
  AccessTokenIdParams,
  AccessTokenRequest,
  ListQuery,
  Message,
  NewAccessToken,
} from '@medforge/contracts'
import type { CreatedKey } from '@medforge/db'
import { Type } from 'typebox'
import { principalOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { AccessTokens } from './access-tokens.ts'

const tags = ['Identity']

export type AccessTokenRoutesDeps = {
  tokens: AccessTokens
  guards: RouteGuards
  pagination: Pagination
}

/** `/auth/tokens…` */
export function accessTokenRoutes({ tokens, guards, pagination }: AccessTokenRoutesDeps): Routes {
  return async (app) => {
    app.get(
      '/auth/tokens',
      {
        preValidation: guards.signedIn,
        schema: route({
          summary: 'My personal tokens that go on, newest first',
          tags,
          querystring: ListQuery,
          success: { 200: Type.Array(AccessToken) },
          problems: ['authentication_required', 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const page = pagination.parsePage<CreatedKey>('tokens', request.query)
        const { rows, next } = await tokens.list(principalOf(request).userId, page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.post(
      '/auth/tokens',
      {
        preValidation: [guards.origin, guards.signedIn],
        schema: route({
          summary: 'Make a personal token',
          description:
            'For programs that take part in competitions: `Authorization: Bearer mf_…`. The answer alone has the token: only its HMAC is kept. It ends with a new password and with a disabled account.',
          tags,
          body: AccessTokenRequest,
          success: { 201: NewAccessToken },
          problems: [
            'origin_not_allowed',
            'authentication_required',
            'rate_limit_exceeded',
            'token_limit_reached',
          ],
        }),
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        reply.code(201)
        return envelopeOf(request, await tokens.create(userId, request.body, request.id))
      },
    )

    app.delete(
      '/auth/tokens/:token_id',
      {
        preValidation: [guards.origin, guards.signedIn],
        schema: route({
          summary: 'Revoke one of my personal tokens',
          tags,
          params: AccessTokenIdParams,
          success: { 200: Message },
          problems: ['origin_not_allowed', 'authentication_required', 'not_found'],
        }),
      },
      async (request) => {
        const { userId } = principalOf(request)
        await tokens.revoke(userId, request.params.token_id, request.id)
        return envelopeOf(request, { message: 'Token revoked.' })
      },
    )
  }
}
