import type { LoginRequest, Me, Principal, ProblemItem, SignupRequest } from '@medforge/contracts'
import {
  canonicalEmail,
  findPasswordFault,
  findUserByEmail,
  isInvitationUsable,
  newId,
  newToken,
} from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { AuthConfig } from '../config/config.ts'
import { DomainError } from '../http/domain-error.ts'
import type { AuthenticatedPrincipal } from '../http/guards.ts'
import { type RateLimiter, rateLimitKey } from '../http/rate-limit.ts'
import { invalidRequest } from '../http/validation.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { displayNameTaken, makeDisplayName, parseDisplayName } from './display-name.ts'
import type { FailedAttempt, FailedAttempts } from './failed-attempts.ts'
import type { GuessQueue } from './guess-queue.ts'
import type { Hashing } from './hashing.ts'
import { findSessionLimit, hasLoginFrom, insertLogin, insertUserWithLogin } from './repository.ts'

export type SignedIn = { principal: Principal; token: string }

/** Where a request comes from. */
export type Client = { address: string; requestId: string }

export interface IdentityService {
  /** @throws DomainError `request_validation_failed`, `signup_closed`, `email_taken`, `display_name_taken`, `service_unavailable` */
  signUp(request: SignupRequest, client: Client): Promise<SignedIn>
  /** @throws DomainError `invalid_credentials`, `account_disabled`, `rate_limit_exceeded`, `service_unavailable` */
  logIn(request: LoginRequest, client: Client): Promise<SignedIn>
  describe(principal: AuthenticatedPrincipal): Promise<Me>
}

export type IdentityServiceDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  auth: AuthConfig
  /** By canonical address, whether there is such an account or not. */
  guesses: RateLimiter
  /** What is beyond that. */
  guessQueue: GuessQueue
  failures: FailedAttempts
  hashing: Hashing
  hashToken: (token: string) => Buffer
  hashInvitation: (code: string) => Buffer
  countActiveSessions: (userId: string) => Promise<number>
}

export function createIdentityService(deps: IdentityServiceDeps): IdentityService {
  const { db, hashing, clock, logger, auth, guesses, guessQueue, failures } = deps
  const { hashToken, hashInvitation } = deps

  /** The invitation that this sign-up takes a use of, null where none is needed. It is only looked at here; the use is taken later. */
  async function findInvitation(code: string | undefined): Promise<Buffer | null> {
    if (auth.signupMode === 'open') return null
    if (auth.signupMode === 'closed') throw signupClosed(CLOSED)
    const codeHash = hashInvitation(code ?? '')
    if (!(await isInvitationUsable(db, codeHash, clock.now()))) throw signupClosed(NO_INVITATION)
    return codeHash
  }

  function newLogin(userId: string, { address }: Client) {
    const token = newToken()
    const now = clock.now()
    const row = {
      id: newId(),
      user_id: userId,
      token_hash: hashToken(token),
      created_at: toSqlTime(now),
      last_seen_at: toSqlTime(now),
      expires_at: toSqlTime(new Date(now.getTime() + auth.maxTtlSeconds * 1000)),
      revoked_at: null,
      client: rateLimitKey(address),
    }
    return { token, row }
  }

  /**
   * Guesses at one account are few, from however many addresses they come; what is more is slow. Who logs in from where the account has a
   * login has a count of their own, which strangers do not use up.
   *
   * @returns what takes the count back: this attempt was no wrong guess
   */
  async function countGuess(
    email: string,
    userId: string | undefined,
    client: Client,
  ): Promise<() => void> {
    const network = rateLimitKey(client.address)
    if (guesses.take(email) === 0) return () => guesses.giveBack(email)
    if (userId && (await hasLoginFrom(db, userId, network))) {
      const own = `${email} ${network}`
      if (guesses.take(own) === 0) return () => guesses.giveBack(own)
    }
    const retryAfterSeconds = guessQueue.take(email, network)
    if (retryAfterSeconds === 0) return () => {}
    const reason = 'too_many_attempts'
    failures.note({ what: 'login', userId: userId ?? null, reason, ...client })
    throw tooManyGuesses(retryAfterSeconds)
  }

  return {
    async signUp(request, client) {
      const { email, displayName: chosen } = parseSignup(request)
      const invitation = await findInvitation(request.invitation_code)
      if (await findUserByEmail(db, email)) throw emailTaken()
      const passwordHash = await hashing.hash(request.password)
      const userId = newId()
      const { token, row } = newLogin(userId, client)
      const account = {
        id: userId,
        email,
        password_hash: passwordHash,
        disabled_at: null,
        created_at: row.created_at,
      }
      const by = { ...client, at: clock.now() }
      for (;;) {
        const display_name = chosen ?? makeDisplayName()
        const user = { ...account, display_name }
        const outcome = await insertUserWithLogin(db, user, row, invitation, by)
        if (outcome === 'email-taken') throw emailTaken()
        if (outcome === 'invitation-gone') throw signupClosed(NO_INVITATION)
        if (outcome === 'made') {
          logger.info(factsOf(userId, client), 'identity.signup')
          return { principal: { user_id: userId, email, display_name, role: 'user' }, token }
        }
        if (chosen !== undefined) throw displayNameTaken()
      }
    },

    async logIn(request, client) {
      const email = canonicalEmail(request.email)
      const user = email === null ? undefined : await findUserByEmail(db, email)
      const giveBack = email === null ? () => {} : await countGuess(email, user?.id, client)
      const fail = (reason: FailedAttempt['reason']) =>
        failures.note({ what: 'login', userId: user?.id ?? null, reason, ...client })
      const isRight = await hashing
        .verify(user?.password_hash, request.password)
        .catch((error: unknown) => {
          giveBack()
          throw error
        })
      if (!user || !isRight) {
        fail(user ? 'wrong_password' : 'unknown_account')
        throw invalidCredentials()
      }
      giveBack()
      if (user.disabled_at !== null) {
        fail('account_disabled')
        throw new DomainError('account_disabled', {
          detail: 'This account is disabled. Ask the operator of this installation about it.',
        })
      }
      const { token, row } = newLogin(user.id, client)
      const by = { ...client, at: clock.now() }
      // Whoever changed the password or disabled the account meanwhile wins.
      if (!(await insertLogin(db, row, user.password_hash, by))) {
        fail('wrong_password')
        throw invalidCredentials()
      }
      logger.info({ ...factsOf(user.id, client), role: user.role }, 'identity.login')
      const principal = {
        user_id: user.id,
        email: user.email,
        display_name: user.display_name,
        role: user.role,
      }
      return { principal, token }
    },

    async describe(principal) {
      const [maxConcurrentSessions, activeSessions] = await Promise.all([
        findSessionLimit(db, principal.userId),
        deps.countActiveSessions(principal.userId),
      ])
      return {
        user_id: principal.userId,
        email: principal.email,
        display_name: principal.displayName,
        role: principal.role,
        max_concurrent_sessions: maxConcurrentSessions,
        active_sessions: activeSessions,
      }
    },
  }
}

function factsOf(user_id: string, { address, requestId }: Client) {
  return { user_id, address, request_id: requestId }
}

const CLOSED = 'Sign-up is closed on this installation. Ask its operator for an account.'
const NO_INVITATION =
  'Sign-up on this installation needs an invitation. The code is missing, unknown, used up or expired; ask whoever invited you, or the operator, for a new one.'

function signupClosed(detail: string): DomainError {
  return new DomainError('signup_closed', { detail })
}

function invalidCredentials(): DomainError {
  return new DomainError('invalid_credentials', { detail: 'Invalid email or password.' })
}

function tooManyGuesses(retryAfterSeconds: number): DomainError {
  return new DomainError('rate_limit_exceeded', {
    detail: `Too many wrong passwords for this account, so that log-ins go one by one. Try again in ${retryAfterSeconds} s, or log in from a network from which you have logged in within the last month.`,
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

function emailTaken(): DomainError {
  return new DomainError('email_taken', {
    detail:
      'There is an account with this email address already. Log in instead, or use another address.',
  })
}

/** The rules that no schema can express, every fault at once. */
function parseSignup(request: SignupRequest): { email: string; displayName: string | undefined } {
  const errors: ProblemItem[] = []
  const refuse = (field: string, msg: string) =>
    errors.push({ loc: ['body', field], msg, type: `value_error.${field}` })

  const email = canonicalEmail(request.email)
  if (email === null) refuse('email', 'is not an email address')
  const passwordFault = findPasswordFault(request.password)
  if (passwordFault !== null) refuse('password', passwordFault)
  const named =
    request.display_name === undefined
      ? { name: undefined }
      : parseDisplayName(request.display_name)
  if ('fault' in named) refuse('display_name', named.fault)

  if (errors.length > 0 || email === null || 'fault' in named) throw invalidRequest(errors)
  return { email, displayName: named.name }
}
