import { Message } from '@medforge/contracts'
import type { FastifyRequest } from 'fastify'
import { noteUser } from '../http/guards.ts'
import { prefers } from '../http/prefer.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { AccessLog } from './accesses.ts'
import { EDGE_CLIENT_HEADER } from './edge-client.ts'
import type { SessionProxy } from './proxy.ts'
import type { VisitLog } from './visits.ts'

export type SessionProxyRoutesDeps = {
  proxy: SessionProxy
  visits: VisitLog
  accesses: AccessLog
  /** Addresses of the edge, whose word about a client is believed. */
  trustedProxies: readonly string[]
}

/** `GET /auth/session-proxy`, for the edge alone. The hottest route of the system. */
export function sessionProxyRoutes(deps: SessionProxyRoutesDeps): Routes {
  const { proxy, visits, accesses } = deps
  const edges = new Set<string | undefined>(deps.trustedProxies)
  const clientOf = ({ raw }: FastifyRequest) => {
    const client = raw.headers[EDGE_CLIENT_HEADER]
    return typeof client === 'string' && edges.has(raw.socket.remoteAddress) ? client : undefined
  }

  return async (app) => {
    // What a server before lost is assumed at once, and not with the first question.
    app.addHook('onListen', async () => void accesses.flush().catch(() => {}))

    app.get(
      '/auth/session-proxy',
      {
        schema: route({
          summary: 'Whether a request may go to the session that its Host names',
          description:
            'Asked by the edge before every request to a session host. With `Prefer: return=minimal` a granted access has no body: the edge reads none, and could not use a connection again on which one is left.',
          tags: ['Sessions'],
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
        let decision = await proxy.decide(request.raw.headers)
        noteUser(request, decision.userId)
        if (!accesses.isReady) {
          await accesses.ready()
          // What was decided may be old by now.
          decision = await proxy.decide(request.raw.headers)
        }
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
