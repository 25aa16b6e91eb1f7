import {
  CreateSessionRequest,
  CreateSessionResult,
  CurrentSession,
  ListQuery,
  Message,
  Session,
  SessionIdParams,
} from '@medforge/contracts'
import type { CreatedKey } from '@medforge/db'
import { Type } from 'typebox'
import { principalOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { prefers } from '../http/prefer.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { SessionService } from './service.ts'

export type SessionRoutesDeps = {
  service: SessionService
  guards: RouteGuards
  pagination: Pagination
}

const tags = ['Sessions']
const OWN = ['session_not_found', 'session_access_denied'] as const

/** `/sessions…`, behind a login. */
export function sessionRoutes(deps: SessionRoutesDeps): Routes {
  const { service, guards, pagination } = deps
  const read = [guards.signedIn]
  const write = [guards.origin, guards.signedIn]

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
            'launch_limit_reached',
            'storage_limit_reached',
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
  }
}
