import { API_PREFIX, type Health } from '@medforge/contracts'
import type { FastifyInstance } from 'fastify'
import { competitionRoutes } from './competitions/index.ts'
import type { ServerContext } from './context.ts'
import { DomainError } from './http/domain-error.ts'
import { hostsOf } from './http/hosts.ts'
import { createOpenApiDocument } from './http/openapi.ts'
import { createHttpServer, type HttpOptions } from './http/server.ts'
import {
  documentRoutes,
  healthRoutes,
  platformAdminRoutes,
  readInTime,
  statusRoutes,
} from './platform/index.ts'

/** Every route of the API on one server that does not listen yet. */
export async function buildApp(context: ServerContext): Promise<FastifyInstance> {
  const { config, guards, memory, platform } = context
  const hosts = hostsOf(config.domain)
  const { app, routes } = createHttpServer(httpOptionsOf(context))
  app.addHook('onSend', (request, _reply, _payload, done) => {
    // Whatever is answered elsewhere counts here at once: a login that /me refused, a session shown as stopped.
    if (request.routeOptions.url !== SESSION_PROXY) memory.noteShown()
    done()
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

const SESSION_PROXY = `${API_PREFIX}/auth/session-proxy`

/**
 * What listens while the API waits for its database: `/healthz` answers degraded in its usual form, everything else is unavailable.
 * Close it before the API itself listens on the same port.
 */
export async function buildWaitingApp(context: ServerContext): Promise<FastifyInstance> {
  const { app } = createHttpServer(httpOptionsOf(context))
  const read = async (): Promise<Health> => ({ status: 'degraded', reasons: [WAITING] })
  await app.register(healthRoutes({ readHealth: () => readInTime(read, context) }))
  const refuse = async () => {
    throw new DomainError('service_unavailable', {
      detail: `${WAITING} Try again in a moment.`,
      headers: { 'retry-after': '2' },
    })
  }
  app.all('/*', { onRequest: refuse }, refuse)
  await app.ready()
  return app
}

const WAITING =
  'The API starts and waits for its database, which does not answer yet or lacks migrations.'

function httpOptionsOf(context: ServerContext): HttpOptions {
  const { config, logger, timeouts, findOutageCause } = context
  const { webOrigin } = hostsOf(config.domain)
  return { logger, webOrigin, trustedProxies: config.trustedProxies, timeouts, findOutageCause }
}
