import { Health, PlatformStatus } from '@medforge/contracts'
import { envelopeOf } from '../http/reply.ts'
import { type Routes, route } from '../http/schemas.ts'
import type { PlatformService } from './service.ts'

const tags = ['Platform']

/** `/healthz`, outside the prefix. */
export function healthRoutes({ readHealth }: Pick<PlatformService, 'readHealth'>): Routes {
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

/** `/status` */
export function statusRoutes(platform: PlatformService): Routes {
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
      async (request) => envelopeOf(request, await platform.readStatus()),
    )
  }
}
