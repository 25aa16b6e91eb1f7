import { type GpuMode, Health, PlatformStatus, type SignupMode } from '@medforge/contracts'
import { Type } from 'typebox'
import { DOCS_CONTENT_SECURITY_POLICY, renderDocsPage } from '../http/docs-page.ts'
import type { OpenApiDocument } from '../http/openapi.ts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { Occupancy } from './status.ts'

export type PlatformDeps = {
  gpuMode: GpuMode
  signupMode: SignupMode
  readHealth: () => Promise<Health>
  readOccupancy: () => Promise<Occupancy>
}

const tags = ['Platform']

/** `/healthz`, outside the prefix. */
export function healthRoutes({ readHealth }: PlatformDeps): Routes {
  return async (app) => {
    app.get(
      '/healthz',
      {
        schema: route({
          summary: 'Whether sessions can be launched, watched and stopped',
          description:
            '503 with `degraded` and its reasons while recovery is enabled and cannot act.',
          tags,
          success: { 200: Health, 503: Health },
          problems: [],
        }),
      },
      async (request, reply) => {
        const health = await readHealth()
        return reply.code(health.status === 'ok' ? 200 : 503).send(envelopeOf(request, health))
      },
    )
  }
}

export function statusRoutes({
  gpuMode,
  signupMode,
  readHealth,
  readOccupancy,
}: PlatformDeps): Routes {
  return async (app) => {
    app.get(
      '/status',
      {
        schema: route({
          summary: 'GPUs, active sessions and health',
          tags,
          success: { 200: PlatformStatus },
          problems: [],
        }),
      },
      async (request) => {
        const [occupancy, health] = await Promise.all([readOccupancy(), readHealth()])
        return envelopeOf(request, {
          gpus: { total: occupancy.total, free: occupancy.free, mode: gpuMode },
          active_sessions: occupancy.activeSessions,
          health: health.status,
          signup_mode: signupMode,
        })
      },
    )
  }
}

/** `/openapi.json` and `/docs`, made when they are first asked for, once every route is there. */
export function documentRoutes(makeDocument: () => OpenApiDocument): Routes {
  let made: { document: OpenApiDocument; page: string } | undefined
  const get = () => {
    if (!made) {
      const document = makeDocument()
      made = { document, page: renderDocsPage(document) }
    }
    return made
  }
  return async (app) => {
    app.get(
      '/openapi.json',
      {
        schema: route({
          summary: 'This document',
          tags,
          success: {},
          otherMedia: { 200: { 'application/json': Type.Unknown() } },
          problems: [],
        }),
      },
      async (_request, reply) =>
        reply
          .type('application/json')
          .header('cache-control', 'no-cache')
          .send(JSON.stringify(get().document)),
    )
    app.get(
      '/docs',
      {
        schema: route({
          summary: 'This document, to read',
          tags,
          success: {},
          otherMedia: { 200: { 'text/html': Type.String() } },
          problems: [],
        }),
      },
      async (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .header('cache-control', 'no-cache')
          .header('content-security-policy', DOCS_CONTENT_SECURITY_POLICY)
          .send(get().page),
    )
  }
}
