import type {
  AdminUser,
  AdminUserChange,
  Login,
  PasswordChange,
  ProblemItem,
} from '@medforge/contracts'
import {
  type AccountLimits,
  changeAccount,
  findPasswordFault,
  findUser,
  newToken,
} from '@medforge/core'
import {
  type CreatedKey,
  type DB,
  inTransaction,
  mapPage,
  type Page,
  type PageRequest,
  toTimestamp,
} from '@medforge/db'
import type { Kysely } from 'kysely'
import { DomainError } from '../http/domain-error.ts'
import type { AuthenticatedPrincipal } from '../http/guards.ts'
import type { RateLimiter } from '../http/rate-limit.ts'
import { invalidRequest } from '../http/validation.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { displayNameTaken, parseDisplayName } from './display-name.ts'
import type { FailedAttempt, FailedAttempts } from './failed-attempts.ts'
import type { Hashing } from './hashing.ts'
import {
  changePassword,
  findPasswordHash,
  listLogins,
  renameUser,
  revokeOtherLogins,
  revokeOwnLogin,
} from './repository.ts'
import type { Client } from './service.ts'

/** What people do to their own account, and administrators to anybody's. */
export interface AccountService {
  /** @returns the new token of this login @throws DomainError `request_validation_failed`, `rate_limit_exceeded`, `invalid_credentials`, `service_unavailable` */
  changePassword(
    who: AuthenticatedPrincipal,
    change: PasswordChange,
    client: Client,
  ): Promise<string>
  /** @throws DomainError `request_validation_failed`, `rate_limit_exceeded`, `display_name_taken` */
  rename(who: AuthenticatedPrincipal, displayName: string, requestId: string): Promise<string>
  listLogins(
    who: AuthenticatedPrincipal,
    page: PageRequest<CreatedKey>,
  ): Promise<Page<Login, CreatedKey>>
  /** @throws DomainError `not_found` when it is not a login of this person that goes on */
  endLogin(who: AuthenticatedPrincipal, loginId: string): Promise<void>
  /** @returns how many ended */
  endOtherLogins(who: AuthenticatedPrincipal): Promise<number>
  /** @param actorUserId  the administrator @throws DomainError `not_found`, `last_admin` */
  changeAccount(
    actorUserId: string,
    userId: string,
    change: AdminUserChange,
    client: Client,
  ): Promise<AdminUser>
}

/** Nobody is let in from memory while `work` goes on, nor afterwards by what was read before its end. */
export type ChangingAccess = <Result>(work: () => Promise<Result>) => Promise<Result>

export type AccountServiceDeps = {
  db: Kysely<DB>
  hashing: Hashing
  clock: Clock
  logger: Logger
  /** By account: guesses at the password of whoever is signed in. */
  guesses: RateLimiter
  failures: FailedAttempts
  idleTtlSeconds: number
  /** By account: each change of a name is kept in the audit log. */
  renames: RateLimiter
  hashToken: (token: string) => Buffer
  /** Lets the rest of this server know which login has ended. */
  notifyEnd: (login: { authSessionId: string; userId: string }) => void
  changingAccess: ChangingAccess
}

export function createAccountService(deps: AccountServiceDeps): AccountService {
  const { db, hashing, clock, logger, guesses, failures, hashToken, notifyEnd } = deps
  const { changingAccess } = deps

  return {
    async changePassword({ userId, authSessionId }, change, client) {
      const fault = findPasswordFault(change.new_password)
      if (fault !== null) throw invalidField('new_password', fault)
      const fail = (reason: FailedAttempt['reason']) =>
        failures.note({ what: 'password_change', userId, reason, ...client })
      const retryAfterSeconds = guesses.take(userId)
      if (retryAfterSeconds > 0) {
        fail('too_many_attempts')
        throw tooManyPasswords(retryAfterSeconds)
      }
      const from = await findPasswordHash(db, userId)
      const isRight = await hashing
        .verify(from, change.current_password)
        .catch((error: unknown) => {
          guesses.giveBack(userId)
          throw error
        })
      if (from === undefined || !isRight) {
        fail('wrong_password')
        throw wrongPassword()
      }
      guesses.giveBack(userId)
      const to = await hashing.hash(change.new_password)
      const token = newToken()
      const by = { ...client, at: clock.now() }
      const who = { userId, loginId: authSessionId, tokenHash: hashToken(token), ...by }
      const ended = await changingAccess(() => changePassword(db, who, from, to))
      if (!ended) {
        // Somebody changed it, or ended this login, while this request was hashing.
        fail('wrong_password')
        throw wrongPassword()
      }
      const { address, requestId: request_id } = client
      logger.info({ user_id: userId, address, request_id }, 'identity.password_changed')
      for (const id of ended) notifyEnd({ authSessionId: id, userId })
      return token
    },

    async rename({ userId, displayName: current }, displayName, requestId) {
      const verdict = parseDisplayName(displayName)
      if ('fault' in verdict) throw invalidField('display_name', verdict.fault)
      if (verdict.name === current) return current
      const retryAfterSeconds = deps.renames.take(userId)
      if (retryAfterSeconds > 0) throw tooManyNames(retryAfterSeconds)
      const isFree = await renameUser(db, { userId, requestId, at: clock.now() }, verdict.name)
      if (!isFree) throw displayNameTaken()
      return verdict.name
    },

    async listLogins({ userId, authSessionId }, page) {
      const at = clock.now()
      const seenAfter = new Date(at.getTime() - deps.idleTtlSeconds * 1000)
      const found = await listLogins(db, userId, { at, seenAfter }, page)
      return mapPage(found, ({ id, created_at, last_seen_at, expires_at }) => ({
        id,
        created_at: toTimestamp(created_at),
        last_seen_at: toTimestamp(last_seen_at),
        expires_at: toTimestamp(expires_at),
        is_current: id === authSessionId,
      }))
    },

    async endLogin({ userId }, loginId) {
      const revoke = () => revokeOwnLogin(db, userId, loginId, clock.now())
      if (!(await changingAccess(revoke))) {
        throw new DomainError('not_found', {
          detail: 'You have no login with this id that goes on. It may have ended already.',
        })
      }
      notifyEnd({ authSessionId: loginId, userId })
    },

    async endOtherLogins({ userId, authSessionId }) {
      const revoke = () => revokeOtherLogins(db, userId, authSessionId, clock.now())
      const ended = await changingAccess(revoke)
      for (const id of ended) notifyEnd({ authSessionId: id, userId })
      return ended.length
    },

    async changeAccount(actorUserId, userId, change, { address, requestId }) {
      const { role, max_concurrent_sessions, is_disabled } = change
      const desired = {
        ...(role === undefined ? {} : { role }),
        limits: limitsOf(change),
        ...(is_disabled === undefined ? {} : { isDisabled: is_disabled }),
      }
      const by = { actorUserId, requestId, at: clock.now() }
      const outcome = await changingAccess(() =>
        inTransaction(db, (tx) => changeAccount(tx, userId, desired, by)),
      )
      if (outcome.kind === 'last-admin') throw lastAdmin()
      const user = await findUser(db, userId)
      if (outcome.kind === 'unknown' || !user) {
        throw new DomainError('not_found', { detail: `There is no account ${userId}.` })
      }
      const who = { user_id: userId, by: actorUserId, address, request_id: requestId }
      const facts = { ...who, role, max_concurrent_sessions, is_disabled }
      logger.info(facts, 'identity.account_changed')
      return user
    },
  }
}

/** Without those that the change leaves as they are. */
function limitsOf({ max_concurrent_sessions, limits = {} }: AdminUserChange): AccountLimits {
  const { cpu, memory_bytes, shm_bytes, storage_bytes } = limits
  return {
    ...(max_concurrent_sessions === undefined ? {} : { sessions: max_concurrent_sessions }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory_bytes === undefined ? {} : { memory: memory_bytes }),
    ...(shm_bytes === undefined ? {} : { shm: shm_bytes }),
    ...(storage_bytes === undefined ? {} : { storage: storage_bytes }),
  }
}

function wrongPassword(): DomainError {
  return new DomainError('invalid_credentials', { detail: 'The current password is not right.' })
}

function tooManyPasswords(retryAfterSeconds: number): DomainError {
  return new DomainError('rate_limit_exceeded', {
    detail: `Too many wrong passwords. Try again in ${retryAfterSeconds} s.`,
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

function tooManyNames(retryAfterSeconds: number): DomainError {
  return new DomainError('rate_limit_exceeded', {
    detail: `You have changed your display name too often. Try again in ${Math.ceil(retryAfterSeconds / 60)} min.`,
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

function lastAdmin(): DomainError {
  return new DomainError('last_admin', {
    detail:
      'This is the only administrator who can sign in. Make somebody else an administrator first.',
  })
}

function invalidField(field: string, msg: string): DomainError {
  const item: ProblemItem = { loc: ['body', field], msg, type: `value_error.${field}` }
  return invalidRequest([item])
}
