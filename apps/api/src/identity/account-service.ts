import type { Login, PasswordChange, ProblemItem } from '@medforge/contracts'
import { findPasswordFault, newToken } from '@medforge/core'
import { toTimestamp } from '@medforge/db'
import { DomainError } from '../http/domain-error.ts'
import type { AuthenticatedPrincipal } from '../http/guards.ts'
import type { RateLimiter } from '../http/rate-limit.ts'
import { invalidRequest } from '../http/validation.ts'
import type { Clock } from '../lib/clock.ts'
import type { AccountRepository, LoginKey } from './account-repository.ts'
import { parseDisplayName } from './display-name.ts'
import type { Hashing } from './hashing.ts'

/** What people do to their own account. */
export interface AccountService {
  /** @returns the new token of this login @throws DomainError `request_validation_failed`, `invalid_credentials`, `service_unavailable` */
  changePassword(
    who: AuthenticatedPrincipal,
    wish: PasswordChange,
    requestId: string,
  ): Promise<string>
  /** @throws DomainError `request_validation_failed`, `rate_limit_exceeded` */
  rename(who: AuthenticatedPrincipal, displayName: string, requestId: string): Promise<string>
  listLogins(
    who: AuthenticatedPrincipal,
    page: { limit: number; after: LoginKey | null },
  ): Promise<{ login: Login; key: LoginKey }[]>
  /** @throws DomainError `not_found` when it is not a login of this person that goes on */
  endLogin(who: AuthenticatedPrincipal, loginId: string): Promise<void>
  /** @returns how many ended */
  endOtherLogins(who: AuthenticatedPrincipal): Promise<number>
}

export type AccountServiceDeps = {
  repository: AccountRepository
  hashing: Hashing
  clock: Clock
  idleTtlSeconds: number
  /** By account: each change of a name is kept in the audit log and makes every server forget its logins. */
  renames: RateLimiter
  hashToken: (token: string) => Buffer
  /** Tells the rest of this server which logins are over. */
  announceEnd: (login: { authSessionId: string; userId: string }) => void
  /** The token of a login that goes on has changed. */
  forget: (authSessionId: string) => void
}

export function createAccountService(deps: AccountServiceDeps): AccountService {
  const { repository, hashing, clock, hashToken, announceEnd } = deps

  return {
    async changePassword({ userId, authSessionId }, wish, requestId) {
      const fault = findPasswordFault(wish.new_password)
      if (fault !== null) throw invalidField('new_password', fault)
      const from = await repository.findPasswordHash(userId)
      if (from === undefined || !(await hashing.verify(from, wish.current_password))) {
        throw wrongPassword()
      }
      const to = await hashing.hash(wish.new_password)
      const token = newToken()
      const at = clock.now()
      const who = { userId, loginId: authSessionId, tokenHash: hashToken(token), requestId, at }
      const ended = await repository.changePassword(who, from, to)
      // Somebody changed it, or ended this login, while this request was hashing.
      if (!ended) throw wrongPassword()
      deps.forget(authSessionId)
      for (const id of ended) announceEnd({ authSessionId: id, userId })
      return token
    },

    async rename({ userId, displayName: current }, displayName, requestId) {
      const verdict = parseDisplayName(displayName)
      if ('fault' in verdict) throw invalidField('display_name', verdict.fault)
      if (verdict.name === current) return current
      const retryAfterSeconds = deps.renames.take(userId)
      if (retryAfterSeconds > 0) throw tooManyNames(retryAfterSeconds)
      await repository.rename({ userId, requestId, at: clock.now() }, verdict.name)
      return verdict.name
    },

    async listLogins({ userId, authSessionId }, { limit, after }) {
      const at = clock.now()
      const seenAfter = new Date(at.getTime() - deps.idleTtlSeconds * 1000)
      const rows = await repository.listLogins(userId, { limit, after, at, seenAfter })
      return rows.map(({ id, created_at, last_seen_at, expires_at }) => ({
        login: {
          id,
          created_at: toTimestamp(created_at),
          last_seen_at: toTimestamp(last_seen_at),
          expires_at: toTimestamp(expires_at),
          is_current: id === authSessionId,
        },
        key: { created_at, id },
      }))
    },

    async endLogin({ userId }, loginId) {
      if (!(await repository.endLogin(userId, loginId, clock.now()))) {
        throw new DomainError('not_found', {
          detail: 'You have no login with this id that goes on. It may have ended already.',
        })
      }
      announceEnd({ authSessionId: loginId, userId })
    },

    async endOtherLogins({ userId, authSessionId }) {
      const ended = await repository.endOtherLogins(userId, authSessionId, clock.now())
      for (const id of ended) announceEnd({ authSessionId: id, userId })
      return ended.length
    },
  }
}

function wrongPassword(): DomainError {
  return new DomainError('invalid_credentials', { detail: 'The current password is not right.' })
}

function tooManyNames(retryAfterSeconds: number): DomainError {
  return new DomainError('rate_limit_exceeded', {
    detail: `You have changed your display name too often. Try again in ${Math.ceil(retryAfterSeconds / 60)} min.`,
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

function invalidField(field: string, msg: string): DomainError {
  const item: ProblemItem = { loc: ['body', field], msg, type: `value_error.${field}` }
  return invalidRequest([item])
}
