import { AdminOverview } from '@medforge/contracts'
import { ADMIN_PROBLEMS, ADMIN_TAGS, type AdminDeps } from '../http/admin.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import { readOverview } from './overview.ts'

/** `/admin/overview` */
export function overviewRoutes(deps: AdminDeps): Routes {
  return async (app) => {
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
