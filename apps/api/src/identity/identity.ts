import { SESSION_COOKIE } from '@medforge/contracts'
import { createInvitations, createTokenHasher } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { AuthConfig } from '../config/config.ts'
import { cookieValues } from '../http/cookies.ts'
import {
  type CookieVerdict,
  type LoginHeaders,
  type RouteGuards,
  unauthenticated,
} from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { createRateLimiter } from '../http/rate-limit.ts'
import type { Routes } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createAccountRepository } from './account-repository.ts'
import { accountRoutes } from './account-routes.ts'
import { createAccountService } from './account-service.ts'
import { AMBIGUOUS, createAuthenticator } from './authentication.ts'
import { createHashing } from './hashing.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { createLoginCookies } from './login-cookies.ts'
import { keepSweepingLogins } from './login-sweep.ts'
import { createIdentityRepository } from './repository.ts'
import { identityRoutes } from './routes.ts'
import { createIdentityService } from './service.ts'

export type LogoutListener = (login: { authSessionId: string; userId: string }) => void

export interface Identity {
  /** As `authenticateCookie`, for requests to the API's own host: a browser has to show the companion of its login too. */
  authenticateRequest(headers: LoginHeaders): Promise<CookieVerdict>
  /** One indexed read at most, no write on the way; right at once after a logout, a disable or a role change, whoever made it. */
  authenticateCookie(cookieHeader: string | undefined): Promise<CookieVerdict>
  /**
   * The same answer from memory, or undefined when memory does not know: then ask `authenticateCookie`.
   * Right at once after everything that this server did itself; what another writer did counts once `forgetAll` was called.
   */
  recallCookie(cookieHeader: string | undefined): CookieVerdict | undefined
  /** Another writer changed accounts or logins (the `epoch` row of `platform_state` moved): memory is no longer true. */
  forgetAll(): void
  /** Called after this server revoked a login. @returns the function that unsubscribes */
  onLogout(listener: LogoutListener): () => void
  routes(guards: RouteGuards, pagination: Pagination): Routes
  /** Resolves when nothing is being written beside the answers any more; wait for it before the database is closed. */
  settled(): Promise<void>
}

export type IdentityDeps = {
  db: Kysely<DB>
  clock: Clock
  /** What rate limits take for the time: no clock that is set moves it. */
  monotonicMs: () => number
  logger: Logger
  config: { auth: AuthConfig; cookieDomain: string; sessionSecret: string }
  countActiveSessions: (userId: string) => Promise<number>
}

const RENAMES = { max: 10, windowMs: 60 * 60_000 }

export function createIdentity(deps: IdentityDeps): Identity {
  const { db, clock, logger, countActiveSessions } = deps
  const { auth, cookieDomain, sessionSecret } = deps.config
  const repository = createIdentityRepository(db)
  const hashToken = createTokenHasher(sessionSecret)
  const cookies = createLoginCookies({
    sessionSecret,
    cookieDomain,
    maxAgeSeconds: auth.maxTtlSeconds,
  })
  const authenticator = createAuthenticator({
    repository,
    clock,
    logger,
    hashToken,
    idleTtlSeconds: auth.idleTtlSeconds,
  })
  const invitations = createInvitations(db, sessionSecret)
  const hashing = createHashing()
  const service = createIdentityService({
    repository,
    invitations: invitations.repository,
    hashing,
    clock,
    auth,
    hashToken,
    hashInvitation: invitations.hashInvitation,
    countActiveSessions,
  })
  const account = createAccountService({
    repository: createAccountRepository(db),
    hashing,
    clock,
    idleTtlSeconds: auth.idleTtlSeconds,
    renames: createRateLimiter(RENAMES, deps.monotonicMs),
    hashToken,
    announceEnd,
    forget: authenticator.forget,
  })
  const listeners = new Set<LogoutListener>()

  function announceEnd(login: { authSessionId: string; userId: string }): void {
    authenticator.forget(login.authSessionId)
    const { authSessionId: auth_session_id, userId: user_id } = login
    logger.info({ auth_session_id, user_id }, 'identity.logout')
    for (const listener of listeners) listener(login)
  }

  async function logOut(cookieHeader: string | undefined): Promise<void> {
    const tokens = cookieValues(cookieHeader, SESSION_COOKIE)
    if (tokens.length > 1) {
      throw unauthenticated('authentication_required', AMBIGUOUS)
    }
    const [token] = tokens
    const login = token && (await repository.revokeLogin(hashToken(token), clock.now()))
    if (login) announceEnd({ authSessionId: login.id, userId: login.user_id })
  }

  return {
    async authenticateRequest(headers) {
      const verdict = await authenticator.authenticateCookie(headers.cookie)
      if (!verdict.principal || cookies.areComplete(headers)) return verdict
      return { ...AMBIGUOUS, removal: cookies.removed[0] }
    },
    authenticateCookie: authenticator.authenticateCookie,
    recallCookie: authenticator.recallCookie,
    forgetAll: authenticator.forgetAll,
    settled: authenticator.settled,
    onLogout(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    routes: (guards, pagination) => {
      const { describe } = service
      const parts = [
        identityRoutes({ service, guards, cookies, logOut }),
        accountRoutes({ service: account, describe, guards, pagination, cookies }),
        invitationRoutes({ ...invitations, clock, guards, pagination }),
      ]
      return async (app) => {
        for (const part of parts) await app.register(part)
        const closing = new AbortController()
        let swept: Promise<void> | undefined
        app.addHook('onListen', async () => {
          swept = keepSweepingLogins({ db, clock, logger, signal: closing.signal })
        })
        app.addHook('onClose', async () => {
          closing.abort()
          await swept
        })
      }
    },
  }
}
