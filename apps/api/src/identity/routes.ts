import { LoginRequest, Me, Message, Principal, SignupRequest } from '@medforge/contracts'
import type { FastifyRequest } from 'fastify'
import { type Credentials, readCredentials } from '../http/credentials.ts'
import { noteUser, principalOf, type RouteGuards } from '../http/guards.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { LoginCookies } from './login-cookies.ts'
import type { Client, IdentityService } from './service.ts'

export type IdentityRoutesDeps = {
  service: IdentityService
  guards: RouteGuards
  cookies: LoginCookies
  /** Revokes the login of the credentials. @throws DomainError `authentication_required` when they name two */
  logOut: (credentials: Credentials) => Promise<void>
}

const tags = ['Identity']

export function identityRoutes(deps: IdentityRoutesDeps): Routes {
  const { service, guards, cookies, logOut } = deps
  return async (app) => {
    app.post(
      '/auth/signup',
      {
        schema: route({
          summary: 'Make an account and log in',
          description: 'Sets the login cookie and the host-bound one.',
          tags,
          body: SignupRequest,
          success: { 201: Principal },
          problems: [
            'origin_not_allowed',
            'rate_limit_exceeded',
            'signup_closed',
            'email_taken',
            'display_name_taken',
          ],
        }),
        preValidation: [guards.origin, guards.rateLimitAuth('signup')],
      },
      async (request, reply) => {
        const { principal, token } = await service.signUp(request.body, clientOf(request))
        noteUser(request, principal.user_id)
        reply.code(201).header('set-cookie', cookies.set(token))
        return envelopeOf(request, principal)
      },
    )

    app.post(
      '/auth/login',
      {
        schema: route({
          summary: 'Log in',
          description:
            'Sets the login cookie and the host-bound one. Other logins of the account go on. Wrong passwords count against the rate limit, by client address and, more slowly, by account.',
          tags,
          body: LoginRequest,
          success: { 200: Principal },
          problems: [
            'origin_not_allowed',
            'rate_limit_exceeded',
            'invalid_credentials',
            'account_disabled',
          ],
        }),
        preValidation: [guards.origin, guards.rateLimitAuth('login')],
      },
      async (request, reply) => {
        const { principal, token } = await service.logIn(request.body, clientOf(request))
        noteUser(request, principal.user_id)
        guards.giveBackAttempt(request, principal.user_id)
        reply.header('set-cookie', cookies.set(token))
        return envelopeOf(request, principal)
      },
    )

    app.post(
      '/auth/logout',
      {
        schema: route({
          summary: 'Log out',
          description:
            'Revokes the login of the cookie, if there is one, and removes both cookies.',
          tags,
          success: { 200: Message },
          problems: ['origin_not_allowed', 'authentication_required'],
        }),
        preValidation: guards.origin,
      },
      async (request, reply) => {
        const credentials = readCredentials(request.headers)
        await logOut(credentials)
        if (credentials.tokens.length > 0 || credentials.proofs.length > 0) {
          reply.header('set-cookie', cookies.removed)
        }
        return envelopeOf(request, { message: 'Signed out.' })
      },
    )

    app.get(
      '/me',
      {
        schema: route({
          summary: 'Who I am',
          tags,
          success: { 200: Me },
          problems: ['authentication_required'],
        }),
        preValidation: guards.signedIn,
      },
      async (request) => envelopeOf(request, await service.describe(principalOf(request))),
    )
  }
}

/** Where a request comes from, as the edge gives it. */
export function clientOf({ ip, id }: FastifyRequest): Client {
  return { address: ip, requestId: id }
}
