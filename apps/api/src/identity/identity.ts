import { SESSION_COOKIE } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { AuthConfig } from '../config/config.ts'
import { cookieValues } from '../http/cookies.ts'
import { type CookieVerdict, type RouteGuards, unauthenticated } from '../http/guards.ts'
import type { Routes } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createAuthenticator, createTokenHasher } from './authentication.ts'
import { createIdentityRepository } from './repository.ts'
import { identityRoutes } from './routes.ts'
import { createIdentityService } from './service.ts'

export type LogoutListener = (login: { authSessionId: string; userId: string }) => void

export interface Identity {
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
  routes(guards: RouteGuards): Routes
  /** Resolves when nothing is being written beside the answers any more; wait for it before the database is closed. */
  settled(): Promise<void>
}

export type IdentityDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  config: { auth: AuthConfig; cookieDomain: string; sessionSecret: string }
  countActiveSessions: (userId: string) => Promise<number>
}

export function createIdentity(deps: IdentityDeps): Identity {
  const { db, clock, logger, countActiveSessions } = deps
  const { auth, cookieDomain, sessionSecret } = deps.config
  const repository = createIdentityRepository(db)
  const hashToken = createTokenHasher(sessionSecret)
  const authenticator = createAuthenticator({
    repository,
    clock,
    logger,
    hashToken,
    idleTtlSeconds: auth.idleTtlSeconds,
  })
  const service = createIdentityService({ repository, clock, auth, hashToken, countActiveSessions })
  const listeners = new Set<LogoutListener>()

  async function logOut(cookieHeader: string | undefined): Promise<void> {
    const tokens = cookieValues(cookieHeader, SESSION_COOKIE)
    if (tokens.length > 1) {
      throw unauthenticated('authentication_required', { principal: null, ambiguous: true })
    }
    const [token] = tokens
    const login = token && (await repository.revokeLogin(hashToken(token), clock.now()))
    if (!login) return
    authenticator.forget(login.id)
    logger.info({ auth_session_id: login.id, user_id: login.user_id }, 'identity.logout')
    for (const listener of listeners) {
      listener({ authSessionId: login.id, userId: login.user_id })
    }
  }

  return {
    authenticateCookie: authenticator.authenticateCookie,
    recallCookie: authenticator.recallCookie,
    forgetAll: authenticator.forgetAll,
    settled: authenticator.settled,
    onLogout(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    routes: (guards) =>
      identityRoutes({
        service,
        guards,
        cookie: { domain: cookieDomain, maxAgeSeconds: auth.maxTtlSeconds },
        logOut,
      }),
  }
}
