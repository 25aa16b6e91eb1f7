import { hash } from 'node:crypto'
import { SESSION_HOST_LABEL_PATTERN, SESSION_PORT, sessionContainerName } from '@medforge/contracts'
import { isDatabaseAway } from '@medforge/db'
import { readCredentials } from '../http/credentials.ts'
import { DomainError } from '../http/domain-error.ts'
import { type CookieVerdict, unauthenticated } from '../http/guards.ts'
import type { Identity } from '../identity/index.ts'
import type { Access, AccessMemory } from './access-memory.ts'

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

export type ProxyIdentity = Pick<Identity, 'readToken' | 'hashToken' | 'use'>

export type ProxyDecision = {
  upstream: string
  userId: string
  /** Of the token that was shown, as in `auth_sessions`. */
  tokenHash: Buffer
  sessionId: string
  ownerId: string
}

export interface SessionProxy {
  /**
   * Whether this request may go to the session that its `Host` names, and where that is.
   *
   * From memory where that says yes; anything else costs one reading, shared by requests that wait at the same moment. What this server
   * did or showed counts at once, what another process did within 250 ms (`access-memory.ts`).
   *
   * @throws DomainError 401, then 404, then 403; 503 where the database does not answer within 1.5 s
   */
  decide(headers: ProxyHeaders): Promise<ProxyDecision>
}

export function createSessionProxy(deps: {
  memory: Pick<AccessMemory, 'recall' | 'read'>
  identity: ProxyIdentity
  /** `medforge.<DOMAIN>` */
  webHost: string
}): SessionProxy {
  const { memory, identity, webHost } = deps
  const sessionHost = new RegExp(
    `^${SESSION_HOST_LABEL_PATTERN}\\.${webHost.replaceAll('.', '\\.')}(?::\\d{1,5})?$`,
  )

  async function read(slug: string, token: string, loginKey: string): Promise<Access> {
    try {
      return await memory.read({ slug, tokenHash: identity.hashToken(token), loginKey })
    } catch (error) {
      if (!isDatabaseAway(error)) throw error
      throw new DomainError('service_unavailable', {
        detail: 'The database does not answer right now. Try again in a moment.',
        headers: { 'retry-after': '2' },
        cause: error,
      })
    }
  }

  return {
    async decide(headers) {
      const token = identity.readToken(readCredentials(headers))
      if (typeof token !== 'string') throw unauthenticated('authentication_required', token)
      const host = headers.host?.toLowerCase() ?? ''
      const slug = sessionHost.exec(host)?.[1]
      const loginKey = hash('sha256', token, 'base64')
      const known = slug === undefined ? undefined : memory.recall({ slug, loginKey })
      const { login, session } =
        known && mayEnter(known) && identity.use(known.login)
          ? known
          : await read(slug ?? '', token, loginKey)

      if (!login || !identity.use(login)) throw unauthenticated('authentication_required', NOBODY)
      if (slug === undefined) {
        throw new DomainError('session_host_not_found', { detail: 'Session host not found.' })
      }
      if (!session?.isRunning) throw notRunning(mayEnter({ login, session }))
      if (!mayEnter({ login, session })) {
        throw new DomainError('session_access_denied', { detail: 'Session access denied.' })
      }
      if (!isOwnOrigin(headers, host)) {
        throw new DomainError('origin_not_allowed', { detail: 'Request origin is not allowed.' })
      }
      const upstream = `${sessionContainerName(slug)}:${SESSION_PORT}`
      const { userId, tokenHash } = login
      return { upstream, userId, tokenHash, sessionId: session.id, ownerId: session.ownerId }
    },
  }
}

const NOBODY: CookieVerdict = { principal: null, ambiguous: false }

function mayEnter({ login, session }: Access): boolean {
  return session !== undefined && (session.ownerId === login?.userId || login?.role === 'admin')
}

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
