import {
  AdminGpu,
  AdminGpuChange,
  AdminSession,
  AdminSessionQuery,
  GpuIdParams,
} from '@medforge/contracts'
import type { CreatedKey } from '@medforge/db'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS } from '../http/admin.ts'
import { actorOf, type RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { GpuService } from './gpus.ts'
import type { SessionService } from './service.ts'

export type SessionAdminRoutesDeps = {
  service: SessionService
  gpus: GpuService
  guards: RouteGuards
  pagination: Pagination
}

/** `/admin/sessions` and `/admin/gpus…`. One session is read and stopped under `/sessions/{id}`, where an administrator may too. */
export function sessionAdminRoutes(deps: SessionAdminRoutesDeps): Routes {
  const { service, gpus, guards, pagination } = deps
  return async (app) => {
    app.get(
      '/admin/sessions',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: "Everybody's sessions, newest first",
          tags: ADMIN_TAGS,
          querystring: AdminSessionQuery,
          success: { 200: Type.Array(AdminSession) },
          problems: [...ADMIN_PROBLEMS, 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const page = pagination.parsePage<CreatedKey>('admin-sessions', request.query)
        const { rows, next } = await service.search(request.query, page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )

    app.get(
      '/admin/gpus',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'The GPU map: desired state, observed state and holder of each',
          tags: ADMIN_TAGS,
          success: { 200: Type.Array(AdminGpu) },
          problems: [...ADMIN_PROBLEMS],
        }),
      },
      async (request) => envelopeOf(request, await gpus.list()),
    )

    app.patch(
      '/admin/gpus/:gpu_id',
      {
        preValidation: [guards.origin, guards.signedIn, guards.admin],
        schema: route({
          summary: 'Offer a GPU to sessions, or do not',
          description:
            'The session that holds it goes on; no other gets it afterwards. Enabling also ends the quarantine of a fault, once the device answers.',
          tags: ADMIN_TAGS,
          params: GpuIdParams,
          body: AdminGpuChange,
          success: { 200: AdminGpu },
          problems: ['origin_not_allowed', ...ADMIN_PROBLEMS, 'not_found'],
        }),
      },
      async (request) => {
        const id = Number(request.params.gpu_id)
        const { is_enabled: isEnabled, reason } = request.body
        const gpu = await gpus.setEnabled(
          id,
          { isEnabled, reason: reason?.trim() || undefined },
          actorOf(request),
        )
        return envelopeOf(request, gpu)
      },
    )
  }
}
