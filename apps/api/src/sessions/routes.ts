import { Readable } from 'node:stream'
import {
  CreateSessionRequest,
  CreateSessionResult,
  CurrentSession,
  ListQuery,
  Message,
  Session,
  SessionEvent,
  SessionIdParams,
} from '@medforge/contracts'
import { isTerminal } from '@medforge/core'
import type { CreatedKey } from '@medforge/db'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Credentials } from '../http/credentials.ts'
import { DomainError } from '../http/domain-error.ts'
import {
  type AuthenticatedPrincipal,
  credentialsOf,
  principalOf,
  type RouteGuards,
} from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { AccessLog } from './accesses.ts'
import { EDGE_CLIENT_HEADER } from './edge-client.ts'
import { type EventStreamDeps, streamEvents } from './event-stream.ts'
import type { SessionProxy } from './proxy.ts'
import { hasEvents } from './repository.ts'
import type { SessionService } from './service.ts'
import type { VisitLog } from './visits.ts'

export type SessionRoutesDeps = {
  service: SessionService
  proxy: SessionProxy
  visits: VisitLog
  accesses: AccessLog
  /** Addresses of the edge, whose word about a client is believed. */
  trustedProxies: readonly string[]
  events: EventStreamDeps
  guards: RouteGuards
  pagination: Pagination
  /** Whom these credentials prove by now, null for nobody; asked again while a stream is open. */
  authenticate(credentials: Credentials): Promise<AuthenticatedPrincipal | null>
  /** Ends every open stream. */
  signal: AbortSignal
}

const tags = ['Sessions']
const OWN = ['session_not_found', 'session_access_denied'] as const

/** `/sessions…`, behind a login. */
export function sessionRoutes(deps: SessionRoutesDeps): Routes {
  const { service, guards, pagination } = deps
  const read = [guards.signedIn]
  const write = [guards.origin, guards.signedIn]
  const streams: OpenStreams = new Map()

  return async (app) => {
    app.post(
      '/sessions',
      {
        preValidation: write,
        schema: route({
          summary: 'Launch a session',
          description:
            'Answers when the IDE answers, or at once with status `starting` for `Prefer: respond-async`. The launch goes on if the caller leaves.',
          tags,
          body: CreateSessionRequest,
          success: { 201: CreateSessionResult },
          problems: [
            'origin_not_allowed',
            'authentication_required',
            'private_tier_not_implemented',
            'pack_not_found',
            'pack_deprecated',
            'pack_tier_mismatch',
            'concurrent_limit_reached',
            'no_gpu_available',
            'session_start_failed',
            'runtime_unavailable',
          ],
        }),
      },
      async (request, reply) => {
        const isAsync = prefers(request, 'respond-async')
        const options = { requestId: request.id, isAsync }
        const session = await service.request(principalOf(request), request.body, options)
        if (isAsync) reply.header('preference-applied', 'respond-async')
        const data: CreateSessionResult = { message: 'Session started.', session }
        return reply.code(201).send(envelopeOf(request, data))
      },
    )

    app.get(
      '/sessions',
      {
        preValidation: read,
        schema: route({
          summary: 'Own sessions, newest first',
          tags,
          querystring: ListQuery,
          success: { 200: Type.Array(Session) },
          problems: ['authentication_required', 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const page = pagination.parsePage<CreatedKey>('sessions', request.query)
        const { rows, next } = await service.history(principalOf(request), page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.get(
      '/sessions/current',
      {
        preValidation: read,
        schema: route({
          summary: 'The newest active session, or null',
          tags,
          success: { 200: CurrentSession },
          problems: ['authentication_required'],
        }),
      },
      async (request) => {
        const session = await service.current(principalOf(request))
        return envelopeOf(request, { session })
      },
    )

    app.get(
      '/sessions/:id',
      {
        preValidation: read,
        schema: route({
          summary: 'A session',
          tags,
          params: SessionIdParams,
          success: { 200: Session },
          problems: ['authentication_required', ...OWN],
        }),
      },
      async (request) =>
        envelopeOf(request, await service.find(principalOf(request), request.params.id)),
    )

    app.post(
      '/sessions/:id/stop',
      {
        preValidation: write,
        schema: route({
          summary: 'Ask for a stop',
          description: 'May be repeated. The session ends with a snapshot of its workspace.',
          tags,
          params: SessionIdParams,
          success: { 202: Message },
          problems: ['origin_not_allowed', 'authentication_required', ...OWN],
        }),
      },
      async (request, reply) => {
        const outcome = await service.stop(principalOf(request), request.params.id, request.id)
        const message =
          outcome === 'terminal' ? 'Session already terminal.' : 'Session stop requested.'
        return reply.code(202).send(envelopeOf(request, { message }))
      },
    )

    app.get(
      '/sessions/:id/events',
      {
        // A HEAD would run the stream and never end.
        exposeHeadRoute: false,
        preValidation: read,
        schema: route({
          summary: 'Every transition and step of a session, live',
          description:
            'Server-sent events. Resumes after `Last-Event-ID`, ends when the session is terminal; 204 when nothing is left to send.',
          tags,
          params: SessionIdParams,
          success: {},
          otherMedia: { 200: { 'text/event-stream': SessionEvent }, 204: {} },
          problems: ['authentication_required', ...OWN, 'rate_limit_exceeded'],
        }),
      },
      async (request, reply) => {
        const session = await service.find(principalOf(request), request.params.id)
        return sendEvents(deps, streams, session, request, reply)
      },
    )
  }
}

/** `GET /auth/session-proxy`, for the edge alone. The hottest route of the system. */
export function sessionProxyRoutes(deps: SessionRoutesDeps): Routes {
  const { proxy, visits, accesses } = deps
  const edges = new Set<string | undefined>(deps.trustedProxies)
  const clientOf = ({ raw }: FastifyRequest) => {
    const value = raw.headers[EDGE_CLIENT_HEADER]
    return typeof value === 'string' && edges.has(raw.socket.remoteAddress) ? value : undefined
  }

  return async (app) => {
    // So that the first question need not wait for it; a failure is tried again by whoever needs it.
    app.addHook('onListen', async () => void accesses.open().catch(() => {}))

    app.get(
      '/auth/session-proxy',
      {
        schema: route({
          summary: 'Whether a request may go to the session that its Host names',
          description:
            'Asked by the edge before every request to a session host. With `Prefer: return=minimal` a granted access has no body: the edge reads none, and could not use a connection again on which one is left.',
          tags,
          success: { 200: Message },
          problems: [
            'authentication_required',
            'session_host_not_found',
            'session_not_found',
            'session_access_denied',
            'origin_not_allowed',
          ],
        }),
      },
      async (request, reply) => {
        const decision = await proxy.decide(request.raw.headers)
        if (!accesses.isOpen) await accesses.open()
        accesses.note(decision, clientOf(request))
        reply.raw.once('finish', () => visits.note(decision, request.id))
        reply.header('x-upstream', decision.upstream).header('cache-control', 'no-store')
        if (prefers(request, 'return=minimal')) {
          return reply.header('preference-applied', 'return=minimal').send()
        }
        return envelopeOf(request, { message: 'Session access granted.' })
      },
    )
  }
}

/** `Prefer` is a list of preferences with parameters (RFC 7240). */
function prefers(request: FastifyRequest, preference: 'respond-async' | 'return=minimal'): boolean {
  const { prefer } = request.headers
  if (prefer === undefined) return false
  const preferences = String(prefer).split(',')
  return preferences.some((item) => item.split(';')[0]?.trim().toLowerCase() === preference)
}

/** The login may have ended since, and whoever read as an admin may be none any more. */
async function mayStillRead(
  { authenticate, service }: SessionRoutesDeps,
  session: Session,
  request: FastifyRequest,
): Promise<boolean> {
  const principal = await authenticate(credentialsOf(request))
  if (principal === null) return false
  try {
    await service.find(principal, session.id)
    return true
  } catch (error) {
    if (error instanceof DomainError) return false
    throw error
  }
}

const EVENT_ID = /^\d{1,15}$/

// More tabs than anybody looks at; each stream asks the database every two seconds.
const STREAMS_MAX = 32

/** Counts the open streams of each person. */
type OpenStreams = Map<string, number>

async function sendEvents(
  deps: SessionRoutesDeps,
  open: OpenStreams,
  session: Session,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const given = String(request.headers['last-event-id'] ?? '')
  const afterId = EVENT_ID.test(given) ? Number(given) : 0
  // By 204 an EventSource does not reconnect.
  if (isTerminal(session.status) && !(await hasEvents(deps.events.db, session.id, afterId))) {
    return reply.code(204).send()
  }
  const { userId } = principalOf(request)
  const count = open.get(userId) ?? 0
  if (count >= STREAMS_MAX) {
    throw new DomainError('rate_limit_exceeded', {
      detail: `You have ${count} streams of events open already. Close some of their pages and try again.`,
      headers: { 'retry-after': '10' },
    })
  }
  open.set(userId, count + 1)
  const left = new AbortController()
  reply.raw.once('close', () => left.abort())
  const stream = Readable.from(
    streamEvents(deps.events, {
      sessionId: session.id,
      afterId,
      isAllowed: () => mayStillRead(deps, session, request),
      signal: AbortSignal.any([left.signal, deps.signal]),
    }),
  )
  // Also where the reader had left before: a reply that is closed destroys what it is given.
  stream.once('close', () => {
    const others = (open.get(userId) ?? 1) - 1
    if (others > 0) open.set(userId, others)
    else open.delete(userId)
  })
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(stream)
}
