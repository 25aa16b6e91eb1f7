import { hash } from 'node:crypto'
import { SESSION_HOST_LABEL_PATTERN, SESSION_PORT, sessionContainerName } from '@medforge/contracts'
import { BoundedMap } from '@medforge/core/bounded-map'
import { isDatabaseAway } from '@medforge/db'
import { readCredentials } from '../http/credentials.ts'
import { DomainError, type Refusal } from '../http/domain-error.ts'
import { unauthenticated } from '../http/guards.ts'
import type { Identity } from '../identity/index.ts'
import type { Access, AccessMemory, KnownAccess } from './access-memory.ts'

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
   * Whether this request may go to the session that its `Host` names, and where that is; or the 401, then 404, then 403 that it gets.
   *
   * From memory, and at once, where that says yes; anything else costs one reading, shared by requests that wait at the same moment. What
   * this server did or showed counts at once, what another process did within 250 ms (`access-memory.ts`).
   *
   * @throws DomainError 503 where the database does not answer within 1.5 s
   */
  decide(headers: ProxyHeaders): ProxyVerdict | Promise<ProxyVerdict>
}

export type ProxyVerdict = ProxyDecision | Refusal

export function isGranted(verdict: ProxyVerdict): verdict is ProxyDecision {
  return 'upstream' in verdict
}

type Shown = { token: string; loginKey: string }

// Of at most 12 KiB each, as the edge lets through.
const SHOWN_MAX = 1_000

type Question = Shown & {
  host: string
  /** Undefined where the host is no session's. */
  slug: string | undefined
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

  /** What a browser shows is the same from one request to the next. */
  const shown = new BoundedMap<string, Shown>(SHOWN_MAX)

  function readShown(headers: ProxyHeaders): Shown | Refusal {
    const known = shown.get(headers.cookie ?? '')
    if (known) return known
    const token = identity.readToken(readCredentials(headers))
    if (typeof token !== 'string') {
      return token.ambiguous ? unauthenticated('authentication_required', token) : NOBODY
    }
    const read = { token, loginKey: hash('sha256', token, 'base64') }
    shown.set(headers.cookie ?? '', read)
    return read
  }

  function parse(headers: ProxyHeaders): Question | Refusal {
    const read = readShown(headers)
    if ('key' in read) return read
    const { token, loginKey } = read
    const host = headers.host?.toLowerCase() ?? ''
    return { token, loginKey, host, slug: sessionHost.exec(host)?.[1] }
  }

  function recallAccess({ slug, loginKey }: Question): KnownAccess | undefined {
    const known = slug === undefined ? undefined : memory.recall({ slug, loginKey })
    return known && mayEnter(known) && identity.use(known.login) ? known : undefined
  }

  async function read({ slug = '', token, loginKey }: Question): Promise<Access> {
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

  async function readAndDecide(headers: ProxyHeaders, question: Question): Promise<ProxyVerdict> {
    const { login, session } = await read(question)
    if (!login || !identity.use(login)) return NOBODY
    if (question.slug === undefined) return NO_SESSION_HOST
    if (!session?.isRunning) return mayEnter({ login, session }) ? STARTING : NOT_RUNNING
    if (!mayEnter({ login, session })) return DENIED
    return isOwnOrigin(headers, question.host) ? grant(question, { login, session }) : FOREIGN_PAGE
  }

  return {
    decide(headers) {
      const question = parse(headers)
      if ('key' in question) return question
      const known = recallAccess(question)
      if (!known) return readAndDecide(headers, question)
      return isOwnOrigin(headers, question.host) ? grant(question, known) : FOREIGN_PAGE
    },
  }
}

const NOBODY: Refusal = { key: 'authentication_required', detail: 'Authentication required.' }
const NO_SESSION_HOST: Refusal = {
  key: 'session_host_not_found',
  detail: 'Session host not found.',
}
const NOT_RUNNING: Refusal = { key: 'session_not_found', detail: 'Session not found.' }
/** The edge shows another page, and asks again, where a time is named: the session's own people see that it is on its way. */
const STARTING: Refusal = { ...NOT_RUNNING, headers: { 'retry-after': '2' } }
const DENIED: Refusal = { key: 'session_access_denied', detail: 'Session access denied.' }
const FOREIGN_PAGE: Refusal = {
  key: 'origin_not_allowed',
  detail: 'Request origin is not allowed.',
}

function grant({ slug = '' }: Question, { login, session }: KnownAccess): ProxyDecision {
  const upstream = `${sessionContainerName(slug)}:${SESSION_PORT}`
  const { userId, tokenHash } = login
  return { upstream, userId, tokenHash, sessionId: session.id, ownerId: session.ownerId }
}

function mayEnter({ login, session }: Access): boolean {
  return session !== undefined && (session.ownerId === login?.userId || login?.role === 'admin')
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

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
