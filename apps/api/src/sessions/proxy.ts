import { SESSION_COOKIE, SESSION_PORT, sessionContainerName } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import { CompiledQuery, type Kysely } from 'kysely'
import { cookieValues } from '../http/cookies.ts'
import { DomainError } from '../http/domain-error.ts'
import { type AuthenticatedPrincipal, type CookieVerdict, unauthenticated } from '../http/guards.ts'

/** The headers that the decision looks at; nothing else of a request can move it. */
export type ProxyHeaders = {
  host?: string | undefined
  cookie?: string | undefined
  origin?: string | undefined
  upgrade?: string | undefined
  'sec-websocket-key'?: string | string[] | undefined
  'x-forwarded-method'?: string | string[] | undefined
}

export type ProxyIdentity = {
  authenticateCookie(cookieHeader: string | undefined): Promise<CookieVerdict>
  recallCookie(cookieHeader: string | undefined): CookieVerdict | undefined
  forgetAll(): void
}

/** `visit`: an admin enters somebody else's session, which is noted after the answer. */
export type ProxyDecision = {
  upstream: string
  principal: AuthenticatedPrincipal
  sessionId: string
  ownerId: string
}

export interface SessionProxy {
  /**
   * Whether this request may go to the session that its `Host` names, and where that is.
   *
   * One indexed read (the slug, and the epoch that other writers move), shared by requests that wait at the same moment; who asks comes
   * from memory. A reading never began before the request that uses it arrived, so a stop or a logout counts at once.
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
  const lookup = shareReads((slug: string) => readSlug(db, slug))
  const sessionHost = new RegExp(
    `^s-([a-z0-9]{8})\\.${webHost.replaceAll('.', '\\.')}(?::\\d{1,5})?$`,
  )
  let epoch: string | null | undefined

  async function authenticate(cookie: string | undefined, seenEpoch: string | null) {
    if (epoch !== seenEpoch) {
      if (epoch !== undefined) identity.forgetAll()
      epoch = seenEpoch
    }
    return identity.recallCookie(cookie) ?? (await identity.authenticateCookie(cookie))
  }

  return {
    async decide(headers) {
      // Without a login there is nothing to look up.
      if (cookieValues(headers.cookie, SESSION_COOKIE).length === 0) {
        throw unauthenticated('authentication_required', NOBODY)
      }
      const host = headers.host?.toLowerCase()
      const slug = host === undefined ? undefined : sessionHost.exec(host)?.[1]
      const seen = await lookup(slug ?? '')
      const verdict = await authenticate(headers.cookie, seen.epoch)
      const { principal } = verdict
      if (!principal) throw unauthenticated('authentication_required', verdict)
      if (slug === undefined) {
        throw new DomainError('session_host_not_found', { detail: 'Session host not found.' })
      }
      const { session } = seen
      if (!session) throw new DomainError('session_not_found', { detail: 'Session not found.' })
      if (session.ownerId !== principal.userId && principal.role !== 'admin') {
        throw new DomainError('session_access_denied', { detail: 'Session access denied.' })
      }
      if (!isOwnOrigin(headers, host ?? '')) {
        throw new DomainError('origin_not_allowed', { detail: 'Request origin is not allowed.' })
      }
      const upstream = `${sessionContainerName(slug)}:${SESSION_PORT}`
      return { upstream, principal, sessionId: session.id, ownerId: session.ownerId }
    },
  }
}

const NOBODY: CookieVerdict = { principal: null, ambiguous: false }
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A websocket handshake or an unsafe method says where it comes from, and that is the session's own host (or no browser). */
function isOwnOrigin(headers: ProxyHeaders, host: string): boolean {
  const { origin } = headers
  if (origin === undefined) return true
  const method = headers['x-forwarded-method']
  // Caddy sets the method itself. A handshake is known by its key as well: the upgrade itself may be stripped on the way here.
  const isUnsafe = method !== undefined && !SAFE_METHODS.has(String(method).toUpperCase())
  const isHandshake = headers.upgrade !== undefined || headers['sec-websocket-key'] !== undefined
  if (!isUnsafe && !isHandshake) return true
  const from = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1]
  return from !== undefined && hostName(from) === hostName(host)
}

function hostName(host: string): string {
  return host.replace(/:\d{1,5}$/, '')
}

type SlugReading = {
  epoch: string | null
  /** Null: there is none, or it does not run. */
  session: { id: string; ownerId: string } | null
}

const SLUG_QUERY = `
  SELECT epoch.value AS epoch, sessions.id AS id, sessions.user_id AS owner_id
  FROM (SELECT 1 AS one) AS one
  LEFT JOIN platform_state AS epoch ON epoch.name = 'epoch'
  LEFT JOIN sessions ON sessions.slug = ? AND sessions.status = 'running'`

async function readSlug(db: Kysely<DB>, slug: string): Promise<SlugReading> {
  type Row = { epoch: string | null; id: string | null; owner_id: string | null }
  const { rows } = await db.executeQuery(CompiledQuery.raw(SLUG_QUERY, [slug]))
  const [row] = rows as Row[]
  const { epoch = null, id = null, owner_id: ownerId = null } = row ?? {}
  return { epoch, session: id === null || ownerId === null ? null : { id, ownerId } }
}

/**
 * Lets callers that wait for the same key share one reading, without ever handing out one that began before the caller asked: while a
 * reading is under way, newcomers wait for the next one together. A reading that fails fails them too: where the database hangs, nobody
 * waits out two time limits in a row.
 */
export function shareReads<Key, Value>(
  read: (key: Key) => Promise<Value>,
): (key: Key) => Promise<Value> {
  const running = new Map<Key, { current: Promise<unknown>; next?: Promise<Value> }>()

  async function begin(key: Key): Promise<Value> {
    const current = read(key)
    running.set(key, { current })
    try {
      return await current
    } finally {
      if (running.get(key)?.current === current && !running.get(key)?.next) running.delete(key)
    }
  }

  return (key) => {
    const entry = running.get(key)
    if (!entry) return begin(key)
    entry.next ??= entry.current.then(
      () => begin(key),
      (error) => {
        running.delete(key)
        throw error
      },
    )
    return entry.next
  }
}
