import type { IncomingMessage } from 'node:http'
import { Message } from '@medforge/contracts'
import { answerFirst } from '../http/answer-first.ts'
import { DomainError } from '../http/domain-error.ts'
import { noteUser } from '../http/guards.ts'
import { prefers } from '../http/prefer.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { Logger } from '../lib/logger.ts'
import type { AccessLog } from './accesses.ts'
import { EDGE_CLIENT_HEADER } from './edge-client.ts'
import { createEdgeQuestions, EDGE_QUESTION } from './edge-question.ts'
import { isGranted, type ProxyDecision, type SessionProxy } from './proxy.ts'
import type { VisitLog } from './visits.ts'

export type SessionProxyRoutesDeps = {
  proxy: SessionProxy
  visits: VisitLog
  accesses: AccessLog
  logger: Logger
  /** Addresses of the edge, whose word about a client is believed. */
  trustedProxies: readonly string[]
}

/** `GET /auth/session-proxy`, for the edge alone. The hottest route of the system. */
export function sessionProxyRoutes(deps: SessionProxyRoutesDeps): Routes {
  const { proxy, visits, accesses, logger } = deps
  const edges = new Set<string | undefined>(deps.trustedProxies)

  function noteAccess(decision: ProxyDecision, { headers, socket }: IncomingMessage): void {
    const client = headers[EDGE_CLIENT_HEADER]
    const isKnown = typeof client === 'string' && edges.has(socket.remoteAddress)
    accesses.note(decision, isKnown ? client : undefined)
  }

  return async (app) => {
    // What a server before lost is assumed at once, and not with the first question.
    app.addHook('onListen', async () => void accesses.flush().catch(() => {}))
    let isClosing = false
    app.addHook('preClose', async () => {
      isClosing = true
    })
    const questions = createEdgeQuestions({
      ...{ proxy, logger, noteAccess },
      noteVisit: visits.note,
      // It ends connections while it closes.
      isForFramework: () => isClosing || !accesses.isReady,
    })
    answerFirst(app.server, questions.answer)

    app.get(
      EDGE_QUESTION,
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
        const { raw } = request
        let verdict = await (questions.decidedBefore(raw) ?? proxy.decide(raw.headers))
        if (isGranted(verdict) && !accesses.isReady) {
          await accesses.ready()
          // What was decided may be old by now.
          verdict = await proxy.decide(raw.headers)
        }
        if (!isGranted(verdict)) throw new DomainError(verdict.key, verdict)
        const decision = verdict
        noteUser(request, decision.userId)
        noteAccess(decision, raw)
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
