import { API_PREFIX } from '@medforge/contracts'
import type { FastifyInstance } from 'fastify'
import { competitionRoutes } from './competitions/index.ts'
import type { ServerContext } from './context.ts'
import { hostsOf } from './http/hosts.ts'
import { createOpenApiDocument } from './http/openapi.ts'
import { createHttpServer } from './http/server.ts'
import {
  documentRoutes,
  healthRoutes,
  platformAdminRoutes,
  statusRoutes,
} from './platform/index.ts'

/** Every route of the API on one server that does not listen yet. */
export async function buildApp(context: ServerContext): Promise<FastifyInstance> {
  const { config, guards, platform } = context
  const hosts = hostsOf(config.domain)
  const { app, routes } = createHttpServer({
    logger: context.logger,
    webOrigin: hosts.webOrigin,
    trustedProxies: config.trustedProxies,
    timeouts: context.timeouts,
    findOutageCause: context.findOutageCause,
  })

  await app.register(healthRoutes(platform))
  await app.register(
    documentRoutes(() => createOpenApiDocument(routes.list(), `https://${hosts.api}`)),
  )
  const competitions = competitionRoutes({
    ...context,
    apiHost: hosts.api,
    settings: config.submissions,
  })
  const domains = [
    context.identity.routes(guards, context.pagination),
    ...context.sessions.routes(guards),
    competitions,
    statusRoutes(platform),
    platformAdminRoutes(context),
  ]
  for (const domain of domains) await app.register(domain, { prefix: API_PREFIX })

  await app.ready()
  return app
}
