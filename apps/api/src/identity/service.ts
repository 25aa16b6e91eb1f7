import { randomBytes } from 'node:crypto'
import type { LoginRequest, Me, Principal, ProblemItem, SignupRequest } from '@medforge/contracts'
import { isDuplicateKey, toSqlTime } from '@medforge/db'
import type { AuthConfig } from '../config/config.ts'
import { DomainError } from '../http/domain-error.ts'
import type { AuthenticatedPrincipal } from '../http/guards.ts'
import { invalidRequest } from '../http/validation.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { createLimiter, SaturatedError } from '../lib/limiter.ts'
import { TOKEN_BYTES } from './authentication.ts'
import { makeDisplayName, parseDisplayName } from './display-name.ts'
import { canonicalEmail } from './email.ts'
import { findPasswordFault, hashPassword, verifyPassword } from './passwords.ts'
import type { IdentityRepository } from './repository.ts'

export type SignedIn = { principal: Principal; token: string }

export interface IdentityService {
  /** @throws DomainError `request_validation_failed`, `signup_closed`, `email_taken`, `service_unavailable` */
  signUp(wish: SignupRequest): Promise<SignedIn>
  /** @throws DomainError `invalid_credentials`, `account_disabled`, `service_unavailable` */
  logIn(wish: LoginRequest): Promise<SignedIn>
  describe(principal: AuthenticatedPrincipal): Promise<Me>
}

export type IdentityServiceDeps = {
  repository: IdentityRepository
  clock: Clock
  auth: AuthConfig
  hashToken: (token: string) => Buffer
  countActiveSessions: (userId: string) => Promise<number>
}

// Two at once leave cores for everything else (17 ms each); 64 in line wait about half a second at most.
const HASHING = { running: 2, waiting: 64 }

export function createIdentityService(deps: IdentityServiceDeps): IdentityService {
  const { repository, clock, auth, hashToken } = deps
  const hashing = createLimiter(HASHING)
  // Stands in for the hash of an account that does not exist, so that asking for it takes as long.
  const nobodysHash = hashPassword(randomBytes(32).toString('base64'))

  async function whenHashingIsFree<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      return await hashing.run(task)
    } catch (error) {
      if (!(error instanceof SaturatedError)) throw error
      throw new DomainError('service_unavailable', {
        detail: 'Too many people are signing in right now. Try again in a moment.',
        headers: { 'retry-after': '2' },
      })
    }
  }

  function newLogin(userId: string) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const now = clock.now()
    const row = {
      id: newId(),
      user_id: userId,
      token_hash: hashToken(token),
      created_at: toSqlTime(now),
      last_seen_at: toSqlTime(now),
      expires_at: toSqlTime(new Date(now.getTime() + auth.maxTtlSeconds * 1000)),
      revoked_at: null,
    }
    return { token, row }
  }

  return {
    async signUp(wish) {
      const { email, displayName } = parseSignup(wish)
      if (auth.signupMode === 'closed') {
        throw new DomainError('signup_closed', {
          detail: 'Sign-up is closed on this installation. Ask its operator for an account.',
        })
      }
      if (await repository.findUserByEmail(email)) throw emailTaken()
      const passwordHash = await whenHashingIsFree(() => hashPassword(wish.password))
      const userId = newId()
      const { token, row } = newLogin(userId)
      const user = {
        id: userId,
        email,
        password_hash: passwordHash,
        display_name: displayName,
        disabled_at: null,
        created_at: row.created_at,
      }
      try {
        await repository.insertUserWithLogin(user, row)
      } catch (error) {
        throw isDuplicateKey(error, 'users_email') ? emailTaken() : error
      }
      const principal = { user_id: userId, email, display_name: displayName, role: 'user' as const }
      return { principal, token }
    },

    async logIn(wish) {
      const email = canonicalEmail(wish.email)
      const user = email === null ? undefined : await repository.findUserByEmail(email)
      const passwordHash = user?.password_hash ?? (await nobodysHash)
      const isRight = await whenHashingIsFree(() => verifyPassword(passwordHash, wish.password))
      if (!user || !isRight) {
        throw new DomainError('invalid_credentials', { detail: 'Invalid email or password.' })
      }
      if (user.disabled_at !== null) {
        throw new DomainError('account_disabled', {
          detail: 'This account is disabled. Ask the operator of this installation about it.',
        })
      }
      const { token, row } = newLogin(user.id)
      await repository.insertLogin(row)
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
        repository.findSessionLimit(principal.userId),
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

function emailTaken(): DomainError {
  return new DomainError('email_taken', {
    detail:
      'There is an account with this email address already. Log in instead, or use another address.',
  })
}

/** The rules that no schema can express, every fault at once. */
function parseSignup(wish: SignupRequest): { email: string; displayName: string } {
  const errors: ProblemItem[] = []
  const refuse = (field: string, msg: string) =>
    errors.push({ loc: ['body', field], msg, type: `value_error.${field}` })

  const email = canonicalEmail(wish.email)
  if (email === null) refuse('email', 'is not an email address')
  const passwordFault = findPasswordFault(wish.password)
  if (passwordFault !== null) refuse('password', passwordFault)
  const named =
    wish.display_name === undefined
      ? { name: makeDisplayName() }
      : parseDisplayName(wish.display_name)
  if ('fault' in named) refuse('display_name', named.fault)

  if (errors.length > 0 || email === null || 'fault' in named) throw invalidRequest(errors)
  return { email, displayName: named.name }
}
