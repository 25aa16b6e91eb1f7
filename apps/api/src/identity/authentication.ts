import { BoundedMap } from '@medforge/core/bounded-map'
import type { DB } from '@medforge/db'
import { sqlTimeToMs } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Credentials } from '../http/credentials.ts'
import type { AuthenticatedPrincipal, CookieVerdict } from '../http/guards.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { findLogin, slideLogin } from './repository.ts'

/** Decides what credentials prove. Every answer fails closed. */
export interface Authenticator {
  /** One indexed read at most, no write on the way; right at once after a logout, a disable or a role change, whoever made it. */
  authenticate(credentials: Credentials): Promise<CookieVerdict>
  /**
   * The same answer from the cache, or undefined when it does not know: then ask `authenticate`.
   * Right at once after everything that this server did itself; what another writer did counts once `invalidateAll` was called.
   */
  authenticateFromCache(credentials: Credentials): CookieVerdict | undefined
  /** Another writer changed accounts or logins (the `epoch` row of `platform_state` moved): the cache is no longer true. */
  invalidateAll(): void
  /** This server revoked a login, or gave it another token. */
  invalidate(authSessionId: string): void
  /** Resolves when no slide of a login is being written any more. */
  settled(): Promise<void>
}

export type AuthenticatorDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  hashToken: (token: string) => Buffer
  idleTtlSeconds: number
}

type Login = {
  principal: AuthenticatedPrincipal
  tokenHash: Buffer
  lastSeenMs: number
  expiresMs: number
}

export const ANONYMOUS: CookieVerdict = { principal: null, ambiguous: false }
export const AMBIGUOUS: CookieVerdict = { principal: null, ambiguous: true }

const TOKEN = /^[A-Za-z0-9_-]{64}$/
const SLIDE_EVERY_MS = 60_000
// About 5 MB; the login that was read longest ago makes room.
const CACHED_MAX = 10_000

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { db, clock, logger, hashToken } = deps
  const idleTtlMs = deps.idleTtlSeconds * 1000
  const cache = new BoundedMap<string, Login>(CACHED_MAX)
  const sliding = new Map<string, Promise<void>>()
  // Grows with every invalidation, so that a read that began before is not cached after.
  let generation = 0

  function isAlive(login: Login, nowMs: number): boolean {
    return nowMs < login.expiresMs && nowMs - login.lastSeenMs < idleTtlMs
  }

  /** Pushes the idle limit out, beside the answer and not before it. A slide that fails is tried by the next request. */
  function slide(login: Login, now: Date): void {
    const id = login.principal.authSessionId
    const since = new Date(now.getTime() - SLIDE_EVERY_MS)
    if (login.lastSeenMs > since.getTime() || sliding.has(id)) return
    const write = slideLogin(db, id, now, since)
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
    return { principal: login.principal, ambiguous: false, tokenHash: login.tokenHash }
  }

  /** A verdict that needs no look at any login, or the key of the login to look at. */
  function readToken({ tokens }: Credentials): CookieVerdict | { tokenHash: Buffer } {
    if (tokens.length > 1) return AMBIGUOUS
    const [token] = tokens
    if (token === undefined || !TOKEN.test(token)) return ANONYMOUS
    return { tokenHash: hashToken(token) }
  }

  return {
    authenticateFromCache(credentials) {
      const read = readToken(credentials)
      if (!('tokenHash' in read)) return read
      const login = cache.get(read.tokenHash.toString('base64'))
      return login && verdictOf(login)
    },

    async authenticate(credentials) {
      const read = readToken(credentials)
      if (!('tokenHash' in read)) return read
      const key = read.tokenHash.toString('base64')
      const before = generation
      const row = await findLogin(db, read.tokenHash)
      if (!row) {
        cache.delete(key)
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
        tokenHash: read.tokenHash,
        lastSeenMs: sqlTimeToMs(row.last_seen_at),
        expiresMs: sqlTimeToMs(row.expires_at),
      }
      if (before === generation) cache.set(key, login)
      return verdictOf(login)
    },

    invalidate(authSessionId) {
      generation += 1
      for (const [key, login] of cache) {
        if (login.principal.authSessionId === authSessionId) cache.delete(key)
      }
    },

    invalidateAll() {
      generation += 1
      cache.clear()
    },

    async settled() {
      await Promise.all(sliding.values())
    },
  }
}
