import { SESSION_COOKIE } from '@medforge/contracts'
import { sqlTimeToMs } from '@medforge/db'
import { cookieValues } from '../http/cookies.ts'
import type { AuthenticatedPrincipal, CookieVerdict } from '../http/guards.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { IdentityRepository } from './repository.ts'

/** Reads the login cookie. Every answer fails closed. */
export interface Authenticator {
  /** One indexed read at most, no write on the way; right at once after a logout, a disable or a role change, whoever made it. */
  authenticateCookie(cookieHeader: string | undefined): Promise<CookieVerdict>
  /**
   * The same answer from memory, or undefined when memory does not know: then ask `authenticateCookie`.
   * Right at once after everything that this server did itself; what another writer did counts once `forgetAll` was called.
   */
  recallCookie(cookieHeader: string | undefined): CookieVerdict | undefined
  /** Another writer changed accounts or logins (the `epoch` row of `platform_state` moved): memory is no longer true. */
  forgetAll(): void
  /** This server revoked a login. */
  forget(authSessionId: string): void
  /** Resolves when no slide of a login is being written any more. */
  settled(): Promise<void>
}

export type AuthenticatorDeps = {
  repository: IdentityRepository
  clock: Clock
  logger: Logger
  hashToken: (token: string) => Buffer
  idleTtlSeconds: number
}

type Login = { principal: AuthenticatedPrincipal; lastSeenMs: number; expiresMs: number }

export const ANONYMOUS: CookieVerdict = { principal: null, ambiguous: false }
export const AMBIGUOUS: CookieVerdict = { principal: null, ambiguous: true }

const TOKEN = /^[A-Za-z0-9_-]{64}$/
const SLIDE_EVERY_MS = 60_000
// About 5 MB; the login that was quiet longest makes room.
const REMEMBERED_MAX = 10_000

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { repository, clock, logger, hashToken } = deps
  const idleTtlMs = deps.idleTtlSeconds * 1000
  const remembered = new Map<string, Login>()
  const sliding = new Map<string, Promise<void>>()
  // Grows whenever memory was corrected, so that a read that began before is not remembered after.
  let generation = 0

  function isAlive(login: Login, nowMs: number): boolean {
    return nowMs < login.expiresMs && nowMs - login.lastSeenMs < idleTtlMs
  }

  function remember(key: string, login: Login): void {
    remembered.delete(key)
    remembered.set(key, login)
    if (remembered.size > REMEMBERED_MAX) remembered.delete(remembered.keys().next().value ?? '')
  }

  /** Pushes the idle limit out, beside the answer and not before it. A slide that fails is tried by the next request. */
  function slide(login: Login, now: Date): void {
    const id = login.principal.authSessionId
    const since = new Date(now.getTime() - SLIDE_EVERY_MS)
    if (login.lastSeenMs > since.getTime() || sliding.has(id)) return
    const write = repository
      .slideLogin(id, now, since)
      .then(() => {
        login.lastSeenMs = now.getTime()
      })
      .catch((error) => logger.warn({ err: error, auth_session_id: id }, 'identity.slide_failed'))
      .finally(() => sliding.delete(id))
    sliding.set(id, write)
  }

  function verdictOf(login: Login): CookieVerdict {
    const now = clock.now()
    if (!isAlive(login, now.getTime())) return ANONYMOUS
    slide(login, now)
    return { principal: login.principal, ambiguous: false }
  }

  /** A verdict that needs no look at any login, or the key of the login to look at. */
  function readCookie(cookieHeader: string | undefined): CookieVerdict | { tokenHash: Buffer } {
    const values = cookieValues(cookieHeader, SESSION_COOKIE)
    if (values.length > 1) return AMBIGUOUS
    const [token] = values
    if (token === undefined || !TOKEN.test(token)) return ANONYMOUS
    return { tokenHash: hashToken(token) }
  }

  return {
    recallCookie(cookieHeader) {
      const read = readCookie(cookieHeader)
      if (!('tokenHash' in read)) return read
      const login = remembered.get(read.tokenHash.toString('base64'))
      return login && verdictOf(login)
    },

    async authenticateCookie(cookieHeader) {
      const read = readCookie(cookieHeader)
      if (!('tokenHash' in read)) return read
      const key = read.tokenHash.toString('base64')
      const before = generation
      const row = await repository.findLogin(read.tokenHash)
      if (!row) {
        remembered.delete(key)
        return ANONYMOUS
      }
      const login: Login = {
        principal: {
          userId: row.user_id,
          email: row.email,
          displayName: row.display_name,
          role: row.role,
          authSessionId: row.id,
        },
        lastSeenMs: sqlTimeToMs(row.last_seen_at),
        expiresMs: sqlTimeToMs(row.expires_at),
      }
      if (before === generation) remember(key, login)
      return verdictOf(login)
    },

    forget(authSessionId) {
      generation += 1
      for (const [key, login] of remembered) {
        if (login.principal.authSessionId === authSessionId) remembered.delete(key)
      }
    },

    forgetAll() {
      generation += 1
      remembered.clear()
    },

    async settled() {
      await Promise.all(sliding.values())
    },
  }
}
