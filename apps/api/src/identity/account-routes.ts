import {
  ListQuery,
  Login,
  LoginIdParams,
  LoginsEnded,
  Me,
  Message,
  PasswordChange,
  ProfileChange,
} from '@medforge/contracts'
import type { CreatedKey } from '@medforge/db'
import { Type } from 'typebox'
import { principalOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { AccountService } from './account-service.ts'
import type { LoginCookies } from './login-cookies.ts'
import { clientOf } from './routes.ts'
import type { IdentityService } from './service.ts'

const tags = ['Identity']

export type AccountRoutesDeps = {
  service: AccountService
  describe: IdentityService['describe']
  guards: RouteGuards
  pagination: Pagination
  cookies: LoginCookies
}

/** What people do to their own account. */
export function accountRoutes(deps: AccountRoutesDeps): Routes {
  const { service, guards, pagination } = deps
  return async (app) => {
    app.patch(
      '/me',
      {
        preValidation: [guards.origin, guards.signedIn],
        schema: route({
          summary: 'Choose my display name',
          description: 'Leaderboards show the new name at once. Ten changes an hour are possible.',
          tags,
          body: ProfileChange,
          success: { 200: Me },
          problems: [
            'origin_not_allowed',
            'authentication_required',
            'rate_limit_exceeded',
            'display_name_taken',
          ],
        }),
      },
      async (request) => {
        const who = principalOf(request)
        const displayName = await service.rename(who, request.body.display_name, request.id)
        return envelopeOf(request, await deps.describe({ ...who, displayName }))
      },
    )

    app.post(
      '/auth/password',
      {
        preValidation: [guards.origin, guards.rateLimitAuth('password_change'), guards.signedIn],
        schema: route({
          summary: 'Change my password',
          description:
            'Ends every other login and gives this one a new cookie. Every attempt counts against the rate limit of sign-up and log-in.',
          tags,
          body: PasswordChange,
          success: { 200: Message },
          problems: [
            'origin_not_allowed',
            'rate_limit_exceeded',
            'authentication_required',
            'invalid_credentials',
          ],
        }),
      },
      async (request, reply) => {
        const who = principalOf(request)
        const token = await service.changePassword(who, request.body, clientOf(request))
        reply.header('set-cookie', deps.cookies.set(token))
        return envelopeOf(request, { message: 'Password changed. Your other logins have ended.' })
      },
    )

    app.get(
      '/auth/logins',
      {
        preValidation: guards.signedIn,
        schema: route({
          summary: 'My logins that go on, newest first',
          tags,
          querystring: ListQuery,
          success: { 200: Type.Array(Login) },
          problems: ['authentication_required', 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const page = pagination.parsePage<CreatedKey>('logins', request.query)
        const { rows, next } = await service.listLogins(principalOf(request), page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.delete(
      '/auth/logins/:login_id',
      {
        preValidation: [guards.origin, guards.signedIn],
        schema: route({
          summary: 'End one of my logins',
          description: 'Its requests are refused at once; its open connections end within seconds.',
          tags,
          params: LoginIdParams,
          success: { 200: Message },
          problems: ['origin_not_allowed', 'authentication_required', 'not_found'],
        }),
      },
      async (request, reply) => {
        const who = principalOf(request)
        await service.endLogin(who, request.params.login_id)
        if (request.params.login_id === who.authSessionId) {
          reply.header('set-cookie', deps.cookies.removed)
        }
        return envelopeOf(request, { message: 'Login ended.' })
      },
    )

    app.post(
      '/auth/logins/end-others',
      {
        preValidation: [guards.origin, guards.signedIn],
        schema: route({
          summary: 'End all my logins but this one',
          tags,
          success: { 200: LoginsEnded },
          problems: ['origin_not_allowed', 'authentication_required'],
        }),
      },
      async (request) => {
        const ended = await service.endOtherLogins(principalOf(request))
        return envelopeOf(request, { message: 'Your other logins have ended.', ended })
      },
    )
  }
}
