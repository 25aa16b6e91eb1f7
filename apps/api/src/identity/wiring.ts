import { createInvitationHasher, createTokenHasher } from '@medforge/core'
import { type DB, repairDisplayNames } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { AuthConfig } from '../config/config.ts'
import type { Credentials } from '../http/credentials.ts'
import {
  type CookieVerdict,
  type GuardDeps,
  type RouteGuards,
  unauthenticated,
} from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { createRateLimiter } from '../http/rate-limit.ts'
import type { Routes } from '../http/schemas.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'
import { accessTokenRoutes } from './access-token-routes.ts'
import { createAccessTokens } from './access-tokens.ts'
import { accountRoutes } from './account-routes.ts'
import { type ChangingAccess, createAccountService } from './account-service.ts'
import { accountAdminRoutes } from './admin-routes.ts'
import { AMBIGUOUS, type Authenticator, createAuthenticator } from './authentication.ts'
import { createFailedAttempts, PERIOD_MS } from './failed-attempts.ts'
import { createGuessQueue } from './guess-queue.ts'
import { createHashing, type Hashing } from './hashing.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { createLoginCookies } from './login-cookies.ts'
import { keepSweepingLogins } from './login-sweep.ts'
import { revokeLoginByToken } from './repository.ts'
import { identityRoutes } from './routes.ts'
import { createIdentityService } from './service.ts'

export type LogoutListener = (login: { authSessionId: string; userId: string }) => void

export interface Identity extends Authenticator {
  /** As `authenticate`, for requests to the API's own host: a browser has to show the host-bound cookie of its login too. */
  authenticateRequest(credentials: Credentials): Promise<CookieVerdict>
  /** @returns the id of the user whose personal token it is */
  findTokenOwner(token: string): Promise<string | undefined>
  /** Called after this server revoked a login. @returns the function that unsubscribes */
  onLogout(listener: LogoutListener): () => void
  /** An attempt was refused because of its client's address. */
  noteRefused: GuardDeps['onAuthRefused']
  routes(guards: RouteGuards, pagination: Pagination): Routes
}

export type IdentityDeps = {
  db: Kysely<DB>
  clock: Clock
  /** What rate limits take for the time: no clock that is set moves it. */
  monotonicMs: () => number
  logger: Logger
  config: { auth: AuthConfig; cookieDomain: string; sessionSecret: string }
  countActiveSessions: (userId: string) => Promise<number>
  /** Around whatever ends logins or changes what accounts may do. */
  changingAccess: ChangingAccess
  /** A cheaper one, for tests. */
  hashing?: Hashing
}

const TOKEN_CREATIONS = { max: 20, windowMs: 60 * 60_000 }
const RENAMES = { max: 10, windowMs: 60 * 60_000 }
/** An account may be guessed at as often as an address may guess, in so many times its window. */
const ACCOUNT_WINDOWS = 5

export function createIdentity(deps: IdentityDeps): Identity {
  const { db, clock, logger, countActiveSessions, changingAccess } = deps
  const { auth, cookieDomain, sessionSecret } = deps.config
  const hashToken = createTokenHasher(sessionSecret)
  const cookies = createLoginCookies({
    sessionSecret,
    cookieDomain,
    maxAgeSeconds: auth.maxTtlSeconds,
  })
  const authenticator = createAuthenticator({
    db,
    clock,
    logger,
    hashToken,
    idleTtlSeconds: auth.idleTtlSeconds,
  })
  const hashInvitation = createInvitationHasher(sessionSecret)
  const hashing = deps.hashing ?? createHashing()
  const failures = createFailedAttempts({ db, clock, logger })
  const { max, windowSeconds } = auth.rateLimit
  const guessLimit = { max, windowMs: windowSeconds * 1000 * ACCOUNT_WINDOWS }
  const service = createIdentityService({
    db,
    hashing,
    clock,
    logger,
    auth,
    guesses: createRateLimiter(guessLimit, deps.monotonicMs),
    guessQueue: createGuessQueue(deps.monotonicMs),
    failures,
    hashToken,
    hashInvitation,
    countActiveSessions,
  })
  const account = createAccountService({
    db,
    hashing,
    clock,
    logger,
    guesses: createRateLimiter(guessLimit, deps.monotonicMs),
    failures,
    idleTtlSeconds: auth.idleTtlSeconds,
    renames: createRateLimiter(RENAMES, deps.monotonicMs),
    hashToken,
    notifyEnd,
    changingAccess,
  })
  const tokens = createAccessTokens({
    db,
    clock,
    logger,
    hashToken,
    creations: createRateLimiter(TOKEN_CREATIONS, deps.monotonicMs),
  })
  const listeners = new Set<LogoutListener>()

  function notifyEnd(login: { authSessionId: string; userId: string }): void {
    const { authSessionId: auth_session_id, userId: user_id } = login
    logger.info({ auth_session_id, user_id }, 'identity.logout')
    for (const listener of listeners) listener(login)
  }

  /** What a server of an earlier version left, which is gone once this one listens. */
  async function repairNames(): Promise<void> {
    try {
      await repairDisplayNames(db, clock.now())
    } catch (error) {
      logger.error({ err: error }, 'identity.names_not_repaired')
    }
  }

  async function logOut({ tokens }: Credentials): Promise<void> {
    if (tokens.length > 1) throw unauthenticated('authentication_required', AMBIGUOUS)
    const [token] = tokens
    if (token === undefined) return
    const revoke = () => revokeLoginByToken(db, hashToken(token), clock.now())
    const login = await changingAccess(revoke)
    if (login) notifyEnd({ authSessionId: login.id, userId: login.user_id })
  }

  return {
    async authenticateRequest(credentials) {
      const verdict = await authenticator.authenticate(credentials)
      if (!verdict.principal || cookies.areComplete(credentials)) return verdict
      return { ...AMBIGUOUS, removal: cookies.removed[0] }
    },
    ...authenticator,
    findTokenOwner: tokens.findOwner,
    async settled() {
      await Promise.all([authenticator.settled(), tokens.settled()])
    },
    noteRefused(what, client) {
      failures.note({ what, userId: null, reason: 'too_many_attempts', ...client })
    },
    onLogout(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    routes: (guards, pagination) => {
      const { describe } = service
      const parts = [
        identityRoutes({ service, guards, cookies, logOut }),
        accountRoutes({ service: account, describe, guards, pagination, cookies }),
        accessTokenRoutes({ tokens, guards, pagination }),
        invitationRoutes({ db, hashInvitation, clock, guards, pagination }),
        accountAdminRoutes({ db, service: account, guards, pagination }),
      ]
      return async (app) => {
        for (const part of parts) await app.register(part)
        const closing = new AbortController()
        let loops: Promise<unknown> | undefined
        app.addHook('onListen', async () => {
          const { signal } = closing
          const counting = createLoop({
            intervalMs: PERIOD_MS,
            backoffMaxMs: PERIOD_MS,
            signal,
            runOnce: failures.flush,
            onFailure: (error) => logger.error({ err: error }, 'identity.flush_failed'),
          })
          const sweeping = keepSweepingLogins({ db, clock, logger, signal })
          loops = Promise.all([sweeping, counting.run(), repairNames()])
        })
        app.addHook('onClose', async () => {
          closing.abort()
          await loops
          await failures[Symbol.asyncDispose]()
        })
      }
    },
  }
}
