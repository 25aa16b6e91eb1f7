import { AdminOverview } from '@medforge/contracts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { auditRoutes } from './audit-routes.ts'
import { ADMIN_PROBLEMS, ADMIN_TAGS, type AdminDeps } from './deps.ts'
import { gpuRoutes } from './gpu-routes.ts'
import { readOverview } from './overview.ts'
import { sessionRoutes } from './session-routes.ts'
import { userRoutes } from './user-routes.ts'

/** `/admin/…`: behind an administrator's login; changes behind the origin guard too. */
export function adminRoutes(deps: AdminDeps): Routes {
  return async (app) => {
    for (const routes of [userRoutes, sessionRoutes, gpuRoutes, auditRoutes]) {
      await app.register(routes(deps))
    }

    app.get(
      '/admin/overview',
      {
        preValidation: [deps.guards.signedIn, deps.guards.admin],
        schema: route({
          summary: 'The state of the installation at a glance',
          tags: ADMIN_TAGS,
          success: { 200: AdminOverview },
          problems: [...ADMIN_PROBLEMS],
        }),
      },
      async (request) => envelopeOf(request, await readOverview(deps)),
    )
  }
}
