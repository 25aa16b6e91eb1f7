import { SESSION_HOST_LABEL_PATTERN, SESSION_PORT, sessionContainerName } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { type Credentials, readCredentials } from '../http/credentials.ts'
import { DomainError } from '../http/domain-error.ts'
import { type AuthenticatedPrincipal, type CookieVerdict, unauthenticated } from '../http/guards.ts'
import { batchReads } from './batch-reads.ts'
import { readSlugs } from './repository.ts'

/** The headers that the decision looks at; nothing else of a request can move it. */
export type ProxyHeaders = {
  host?: string | undefined
  cookie?: string | undefined
  origin?: string | undefined
  upgrade?: string | undefined
  'sec-fetch-site'?: string | string[] | undefined
  'sec-websocket-key'?: string | string[] | undefined
  'x-forwarded-method'?: string | string[] | undefined
}

export type ProxyIdentity = {
  authenticate(credentials: Credentials): Promise<CookieVerdict>
  authenticateFromCache(credentials: Credentials): CookieVerdict | undefined
  invalidateAll(): void
}

export type ProxyDecision = {
  upstream: string
  principal: AuthenticatedPrincipal
  /** Of the token that was shown, as in `auth_sessions`. */
  tokenHash: Buffer
  sessionId: string
  ownerId: string
}

export interface SessionProxy {
  /**
   * Whether this request may go to the session that its `Host` names, and where that is.
   *
   * One indexed read (the slug, and the epoch that other writers move), shared by requests that wait at the same moment, whatever their
   * slugs; who asks comes from the cache. A reading never began before the request that uses it arrived, so a stop or a logout counts at once.
   *
   * @throws DomainError 401, then 404, then 403
   */
  decide(headers: ProxyHeaders): Promise<ProxyDecision>
}

export function createSessionProxy(deps: {
  db: Kysely<DB>
  identity: ProxyIdentity
  /** `medforge.<DOMAIN>` */
  webHost: string
}): SessionProxy {
  const { db, identity, webHost } = deps
  const lookup = batchReads((slugs: readonly string[]) => readSlugs(db, slugs), {
    atOnce: READS_AT_ONCE,
  })
  const sessionHost = new RegExp(
    `^${SESSION_HOST_LABEL_PATTERN}\\.${webHost.replaceAll('.', '\\.')}(?::\\d{1,5})?$`,
  )
  let epoch: string | null | undefined

  async function authenticate(credentials: Credentials, seenEpoch: string | null) {
    if (epoch !== seenEpoch) {
      // The first reading too: other routes fill the cache before anybody asks here.
      identity.invalidateAll()
      epoch = seenEpoch
    }
    return identity.authenticateFromCache(credentials) ?? (await identity.authenticate(credentials))
  }

  return {
    async decide(headers) {
      // Without a login there is nothing to look up.
      const credentials = readCredentials(headers)
      if (credentials.tokens.length === 0) throw unauthenticated('authentication_required', NOBODY)
      const host = headers.host?.toLowerCase()
      const slug = host === undefined ? undefined : sessionHost.exec(host)?.[1]
      const seen = await lookup(slug ?? '')
      const verdict = await authenticate(credentials, seen.epoch)
      const { principal, tokenHash } = verdict
      if (!principal || !tokenHash) throw unauthenticated('authentication_required', verdict)
      if (slug === undefined) {
        throw new DomainError('session_host_not_found', { detail: 'Session host not found.' })
      }
      const session = seen.live.get(slug)
      const mayEnter = session?.ownerId === principal.userId || principal.role === 'admin'
      if (!session?.isRunning) throw notRunning(session !== undefined && mayEnter)
      if (!mayEnter) {
        throw new DomainError('session_access_denied', { detail: 'Session access denied.' })
      }
      if (!isOwnOrigin(headers, host ?? '')) {
        throw new DomainError('origin_not_allowed', { detail: 'Request origin is not allowed.' })
      }
      const upstream = `${sessionContainerName(slug)}:${SESSION_PORT}`
      return { upstream, principal, tokenHash, sessionId: session.id, ownerId: session.ownerId }
    },
  }
}

// One more than is needed to keep the database busy, so that one that hangs does not hold up the others.
const READS_AT_ONCE = 3
const NOBODY: CookieVerdict = { principal: null, ambiguous: false }
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The edge shows another page, and asks again, where a time is named: the session's own people see that it is on its way. */
function notRunning(isOnItsWay: boolean): DomainError {
  return new DomainError('session_not_found', {
    detail: 'Session not found.',
    ...(isOnItsWay ? { headers: { 'retry-after': '2' } } : {}),
  })
}

/**
 * A websocket handshake or an unsafe method says where it comes from, and that is the session's own host (or no browser). A form of a page with
 * `Referrer-Policy: no-referrer` hides its origin, as a sandboxed or foreign frame does; only the former has `Sec-Fetch-Site: same-origin`.
 */
function isOwnOrigin(headers: ProxyHeaders, host: string): boolean {
  const { origin } = headers
  if (origin === undefined) return true
  const method = headers['x-forwarded-method']
  // Caddy sets the method itself. A handshake is known by its key as well: the upgrade itself may be stripped on the way here.
  const isUnsafe = method !== undefined && !SAFE_METHODS.has(String(method).toUpperCase())
  const isHandshake = headers.upgrade !== undefined || headers['sec-websocket-key'] !== undefined
  if (!isUnsafe && !isHandshake) return true
  if (origin === 'null' && !isHandshake) return headers['sec-fetch-site'] === 'same-origin'
  const from = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1]
  return from !== undefined && hostName(from) === hostName(host)
}

function hostName(host: string): string {
  return host.replace(/:\d{1,5}$/, '')
}
