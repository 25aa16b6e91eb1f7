import { AdminOverview, AdminVersions, AuditEvent, AuditQuery } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { ADMIN_PROBLEMS, ADMIN_TAGS } from '../http/admin.ts'
import type { RouteGuards } from '../http/guards.ts'
import type { Pagination } from '../http/pagination.ts'
import { envelopeOf, pageOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { type AuditKey, listAuditEvents } from './repository.ts'
import type { PlatformService } from './service.ts'

export type PlatformAdminRoutesDeps = {
  db: Kysely<DB>
  platform: PlatformService
  guards: RouteGuards
  pagination: Pagination
}

/** `/admin/overview`, `/admin/versions` and `/admin/audit` */
export function platformAdminRoutes(deps: PlatformAdminRoutesDeps): Routes {
  const { db, platform, guards, pagination } = deps
  return async (app) => {
    app.get(
      '/admin/overview',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'The state of the installation at a glance',
          tags: ADMIN_TAGS,
          success: { 200: AdminOverview },
          problems: [...ADMIN_PROBLEMS],
        }),
      },
      async (request) => envelopeOf(request, await platform.readOverview()),
    )

    app.get(
      '/admin/versions',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'Which versions run, and what each competition is scored with',
          tags: ADMIN_TAGS,
          success: { 200: AdminVersions },
          problems: [...ADMIN_PROBLEMS],
        }),
      },
      async (request) => envelopeOf(request, await platform.readVersions()),
    )

    app.get(
      '/admin/audit',
      {
        preValidation: [guards.signedIn, guards.admin],
        schema: route({
          summary: 'Who used which right on what, newest first',
          tags: ADMIN_TAGS,
          querystring: AuditQuery,
          success: { 200: Type.Array(AuditEvent) },
          problems: [...ADMIN_PROBLEMS, 'invalid_limit', 'invalid_cursor'],
        }),
      },
      async (request) => {
        const page = pagination.parsePage<AuditKey>('admin-audit', request.query)
        const { rows, next } = await listAuditEvents(db, request.query, page)
        return pageOf(request, rows, page.endingAt(next))
      },
    )
  }
}
