import type { UserRole } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import { sqlTimeToMs } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Credentials } from '../http/credentials.ts'
import type { CookieVerdict } from '../http/guards.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { findLogin, slideLogin } from './repository.ts'

/** Decides what credentials prove. Every answer fails closed. */
export interface Authenticator {
  /** One indexed read at most, no write on the way; right at once after a logout, a disable or a role change, whoever made it. */
  authenticate(credentials: Credentials): Promise<CookieVerdict>
  /** The token that may be a login's, or the verdict where there is none, or more than one. */
  readToken(credentials: Credentials): string | CookieVerdict
  /** As the database keeps it. */
  hashToken(token: string): Buffer
  /** Whether a login goes on by its age and its last use. It does then by this use too, which is written beside the answer. */
  use(login: Login): boolean
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

/** A login that was neither revoked nor its account disabled when it was read. */
export type Login = {
  id: string
  userId: string
  role: UserRole
  tokenHash: Buffer
  lastSeenMs: number
  expiresMs: number
}

export const ANONYMOUS: CookieVerdict = { principal: null, ambiguous: false }
export const AMBIGUOUS: CookieVerdict = { principal: null, ambiguous: true }

const TOKEN = /^[A-Za-z0-9_-]{64}$/
const SLIDE_EVERY_MS = 60_000

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { db, clock, logger, hashToken } = deps
  const idleTtlMs = deps.idleTtlSeconds * 1000
  const sliding = new Map<string, Promise<void>>()

  /** Pushes the idle limit out, beside the answer and not before it. A slide that fails is tried by the next request. */
  function slide(login: Login, now: Date): void {
    const { id } = login
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

  function use(login: Login): boolean {
    const now = clock.now()
    const isAlive = now.getTime() < login.expiresMs && now.getTime() - login.lastSeenMs < idleTtlMs
    if (isAlive) slide(login, now)
    return isAlive
  }

  function readToken({ tokens }: Credentials): string | CookieVerdict {
    if (tokens.length > 1) return AMBIGUOUS
    const [token] = tokens
    return token !== undefined && TOKEN.test(token) ? token : ANONYMOUS
  }

  return {
    readToken,
    hashToken,
    use,

    async authenticate(credentials) {
      const token = readToken(credentials)
      if (typeof token !== 'string') return token
      const tokenHash = hashToken(token)
      const row = await findLogin(db, tokenHash)
      if (!row) return ANONYMOUS
      const { id, user_id: userId, email, display_name: displayName, role } = row
      const [lastSeenMs, expiresMs] = [sqlTimeToMs(row.last_seen_at), sqlTimeToMs(row.expires_at)]
      if (!use({ id, userId, role, tokenHash, lastSeenMs, expiresMs })) return ANONYMOUS
      const principal = { userId, email, displayName, role, authSessionId: id }
      return { principal, ambiguous: false }
    },

    async settled() {
      await Promise.all(sliding.values())
    },
  }
}
