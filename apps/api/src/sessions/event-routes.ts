import { Readable } from 'node:stream'
import { type Session, SessionEvent, SessionIdParams } from '@medforge/contracts'
import { isTerminal } from '@medforge/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Credentials } from '../http/credentials.ts'
import { DomainError } from '../http/domain-error.ts'
import {
  type AuthenticatedPrincipal,
  credentialsOf,
  principalOf,
  type RouteGuards,
} from '../http/guards.ts'
import { type Routes, route } from '../http/schemas.ts'
import { type EventStreamDeps, streamEvents } from './event-stream.ts'
import { hasEvents } from './repository.ts'
import type { SessionService } from './service.ts'

export type SessionEventRoutesDeps = {
  service: SessionService
  events: EventStreamDeps
  guards: RouteGuards
  /** Whom these credentials prove by now, null for nobody; asked again while a stream is open. */
  authenticate(credentials: Credentials): Promise<AuthenticatedPrincipal | null>
  /** Ends every open stream. */
  signal: AbortSignal
}

/** `/sessions/{id}/events` */
export function sessionEventRoutes(deps: SessionEventRoutesDeps): Routes {
  const { service, guards } = deps
  const streams: OpenStreams = new Map()

  return async (app) => {
    app.get(
      '/sessions/:id/events',
      {
        // A HEAD would run the stream and never end.
        exposeHeadRoute: false,
        preValidation: guards.signedIn,
        schema: route({
          summary: 'Every transition and step of a session, live',
          description:
            'Server-sent events. Resumes after `Last-Event-ID`, ends when the session is terminal; 204 when nothing is left to send.',
          tags: ['Sessions'],
          params: SessionIdParams,
          success: {},
          otherMedia: { 200: { 'text/event-stream': SessionEvent }, 204: {} },
          problems: [
            'authentication_required',
            'session_not_found',
            'session_access_denied',
            'rate_limit_exceeded',
          ],
        }),
      },
      async (request, reply) => {
        const session = await service.find(principalOf(request), request.params.id)
        return sendEvents(deps, streams, session, request, reply)
      },
    )
  }
}

/** The login may have ended since, and whoever read as an admin may be none any more. */
async function mayStillRead(
  { authenticate, service }: SessionEventRoutesDeps,
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
  deps: SessionEventRoutesDeps,
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
