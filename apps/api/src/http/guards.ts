import type { ProblemKey, UserRole } from '@medforge/contracts'
import type { FastifyReply, FastifyRequest, preValidationAsyncHookHandler } from 'fastify'
import { type Credentials, readBearer, readCredentials } from './credentials.ts'
import { DomainError } from './domain-error.ts'
import { isOriginAllowed } from './origin.ts'
import { type RateLimiter, rateLimitKey } from './rate-limit.ts'

/** Who is asking, as the login cookie proved. */
export type AuthenticatedPrincipal = {
  userId: string
  email: string
  displayName: string
  role: UserRole
  /** The login (`auth_sessions.id`), not an IDE session. */
  authSessionId: string
}

export type Guard = preValidationAsyncHookHandler

/**
 * The checks that stand between a request and its route, each as a `preValidation` hook: after the JSON was parsed and before any
 * schema is looked at, which is the contract's order. List them in this order:
 * `preValidation: [guards.origin, guards.rateLimitAuth('login'), guards.signedIn, guards.admin]`.
 */
export type RouteGuards = {
  /** 403 `auth/origin-not-allowed`. On every route that changes something. */
  origin: Guard
  /** 403 `competitions/origin-not-allowed`. */
  competitionOrigin: Guard
  /**
   * 429 `rate-limit/exceeded`; sign-up and log-in share one budget a client address. While its attempts that are not answered yet may still
   * be given back, others wait for their answers.
   */
  rateLimitAuth(what: AuthAttempt): Guard
  /**
   * What `rateLimitAuth` counted does not count: this account has logged in, so it was no guess. As often a window as an address has
   * attempts, and for all accounts behind one address 20 times as often; logging in makes rows and costs a hash, so it stays bounded.
   */
  giveBackAttempt(request: FastifyRequest, userId: string): void
  /** 401 `auth/authentication-required`; afterwards `principalOf(request)` answers. */
  signedIn: Guard
  /** 401 `competitions/authentication-failed`; afterwards `principalOf(request)` answers. */
  competitionSignedIn: Guard
  /** As `competitionSignedIn`, and also for whoever shows a personal token; afterwards `entrantOf(request)` answers. */
  entrant: Guard
  /** 403 `auth/admin-required`; after `signedIn`. */
  admin: Guard
  /** 403 `competitions/admin-access-denied`; after `competitionSignedIn`. */
  competitionAdmin: Guard
}

/**
 * What a request's cookies prove. `ambiguous` (two different values of our cookie, or a browser's login without the host-bound one) always
 * comes with no principal and is answered 401 with `Clear-Site-Data: "cookies"`. `removal`: a `Set-Cookie` that takes the login away, for
 * browsers that do not know that header yet.
 */
export type CookieVerdict = {
  principal: AuthenticatedPrincipal | null
  ambiguous: boolean
  removal?: string
}

export type AuthAttempt = 'login' | 'signup' | 'password_change'

export type GuardDeps = {
  /** `medforge.<DOMAIN>` */
  webHost: string
  /** By client address. */
  rateLimiter: RateLimiter
  /** Log-ins that work, by account and by client address. */
  successLimiters: { account: RateLimiter; address: RateLimiter }
  /** Called for each attempt that `rateLimitAuth` refuses. */
  onAuthRefused(what: AuthAttempt, client: { address: string; requestId: string }): void
  authenticateRequest(credentials: Credentials): Promise<CookieVerdict>
  /** @returns the id of the user whose personal token it is */
  findTokenOwner(token: string): Promise<string | undefined>
}

type Authenticated = { principal: AuthenticatedPrincipal; credentials: Credentials }

const authenticated = new WeakMap<FastifyRequest, Authenticated>()
/** By a personal token. */
const entrants = new WeakMap<FastifyRequest, string>()
const users = new WeakMap<FastifyRequest, string>()

/** Whose request this is found to be, for its line in the log. */
export function noteUser(request: FastifyRequest, userId: string): void {
  users.set(request, userId)
}

/** Whose request it is, where that is known by now. */
export function findUserOf(request: FastifyRequest): string | undefined {
  return users.get(request)
}

/** Who is asking. Only on routes behind `signedIn` or `competitionSignedIn`; anywhere else it throws, which is a bug. */
export function principalOf(request: FastifyRequest): AuthenticatedPrincipal {
  return authenticatedOf(request).principal
}

/** Whose submissions it is about. Only on routes behind `entrant`; anywhere else it throws, which is a bug. */
export function entrantOf(request: FastifyRequest): string {
  const userId = entrants.get(request) ?? authenticated.get(request)?.principal.userId
  if (userId === undefined) throw new Error('This route reads its entrant without its guard.')
  return userId
}

/** Whether an administrator's login asks; a personal token never is one. */
export function isAdmin(request: FastifyRequest): boolean {
  return authenticated.get(request)?.principal.role === 'admin'
}

/** Who asks, as the audit log has it. As `principalOf`. */
export function actorOf(request: FastifyRequest): { actorUserId: string; requestId: string } {
  return { actorUserId: principalOf(request).userId, requestId: request.id }
}

/** What proved who is asking. As `principalOf`. */
export function credentialsOf(request: FastifyRequest): Credentials {
  return authenticatedOf(request).credentials
}

function authenticatedOf(request: FastifyRequest): Authenticated {
  const known = authenticated.get(request)
  if (!known) throw new Error('This route reads its principal without a signed-in guard.')
  return known
}

export function createGuards(deps: GuardDeps): RouteGuards {
  const unanswered = createUnanswered()

  function originGuard(key: ProblemKey): Guard {
    return async (request) => {
      if (isOriginAllowed(request.headers, deps.webHost)) return
      throw new DomainError(key, { detail: 'Request origin is not allowed.' })
    }
  }

  function signedInGuard(key: 'authentication_required' | 'authentication_failed'): Guard {
    return async (request) => {
      const credentials = readCredentials(request.headers)
      assertOneProof(key, request, credentials)
      const verdict = await deps.authenticateRequest(credentials)
      if (!verdict.principal) throw unauthenticated(key, verdict)
      authenticated.set(request, { principal: verdict.principal, credentials })
      noteUser(request, verdict.principal.userId)
    }
  }

  function entrantGuard(key: 'authentication_failed'): Guard {
    const signedIn = signedInGuard(key)
    return async function entrant(request, reply) {
      const token = readBearer(request.headers.authorization)
      if (token === undefined) {
        await signedIn.call(this, request, reply)
        return
      }
      assertOneProof(key, request, readCredentials(request.headers))
      const userId = await deps.findTokenOwner(token)
      if (userId === undefined) {
        throw new DomainError(key, {
          detail:
            'This token is unknown, was revoked or has expired. Make another on your account page.',
        })
      }
      entrants.set(request, userId)
      noteUser(request, userId)
    }
  }

  function adminGuard(key: ProblemKey): Guard {
    return async (request) => {
      if (principalOf(request).role === 'admin') return
      throw new DomainError(key, { detail: 'Only an administrator can do this.' })
    }
  }

  return {
    origin: originGuard('origin_not_allowed'),
    competitionOrigin: originGuard('competition_origin_not_allowed'),
    signedIn: signedInGuard('authentication_required'),
    competitionSignedIn: signedInGuard('authentication_failed'),
    entrant: entrantGuard('authentication_failed'),
    admin: adminGuard('admin_required'),
    competitionAdmin: adminGuard('admin_access_denied'),
    rateLimitAuth: (what) => async (request, reply) => {
      const key = rateLimitKey(request.ip)
      let retryAfterSeconds = deps.rateLimiter.take(key)
      while (retryAfterSeconds > 0 && (await unanswered.nextAnswer(key))) {
        retryAfterSeconds = deps.rateLimiter.take(key)
      }
      if (retryAfterSeconds === 0) return unanswered.add(key, reply)
      deps.onAuthRefused(what, { address: request.ip, requestId: request.id })
      throw new DomainError('rate_limit_exceeded', {
        detail: `Too many attempts to sign up or log in from this address. Try again in ${retryAfterSeconds} s.`,
        headers: { 'retry-after': String(retryAfterSeconds) },
      })
    },
    giveBackAttempt(request, userId) {
      const key = rateLimitKey(request.ip)
      const { account, address } = deps.successLimiters
      if (account.take(userId) === 0 && address.take(key) === 0) deps.rateLimiter.giveBack(key)
    },
  }
}

/** Whose request it were is nobody's guess. @throws DomainError where a token stands beside a login */
function assertOneProof(
  key: 'authentication_required' | 'authentication_failed',
  request: FastifyRequest,
  { tokens }: Credentials,
): void {
  if (tokens.length === 0 || readBearer(request.headers.authorization) === undefined) return
  throw new DomainError(key, { detail: 'Send a personal token or a login cookie, not both.' })
}

// As many as hashing lets wait.
const WAITING_MAX = 64

/** The attempts of each client address that were let through and have no answer yet. */
function createUnanswered() {
  const addresses = new Map<string, { attempts: number; waiting: (() => void)[] }>()

  return {
    add(key: string, { raw }: FastifyReply): void {
      // Nobody hears an answer to this one, so none would end it.
      if (raw.destroyed) return
      const address = addresses.get(key) ?? { attempts: 0, waiting: [] }
      addresses.set(key, address)
      address.attempts += 1
      let isOver = false
      const end = () => {
        if (isOver) return
        isOver = true
        address.attempts -= 1
        if (address.attempts === 0) addresses.delete(key)
        for (const go of address.waiting.splice(0)) go()
      }
      raw.once('finish', end).once('close', end)
    },
    /** @returns false, at once, where there is none to wait for, or too many wait */
    async nextAnswer(key: string): Promise<boolean> {
      const address = addresses.get(key)
      if (!address || address.waiting.length >= WAITING_MAX) return false
      await new Promise<void>((resolve) => address.waiting.push(resolve))
      return true
    },
  }
}

/** The 401 for a verdict without a principal; an ambiguous one makes the browser drop its cookies, so that signing in works again. */
export function unauthenticated(
  key: 'authentication_required' | 'authentication_failed',
  verdict: CookieVerdict,
): DomainError {
  return new DomainError(key, {
    detail: 'Authentication required.',
    ...(verdict.ambiguous ? { headers: { ...CLEAR_COOKIES, ...removalOf(verdict) } } : {}),
  })
}

const CLEAR_COOKIES = { 'clear-site-data': '"cookies"' }

function removalOf({ removal }: CookieVerdict): Record<string, string> {
  return removal === undefined ? {} : { 'set-cookie': removal }
}
