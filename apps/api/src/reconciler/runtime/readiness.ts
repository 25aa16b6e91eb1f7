import { Agent, request } from 'node:http'
import { sessionContainerName } from '@medforge/contracts'
import type { PortGuard } from '../network/ports.ts'

/** Whether a session's IDE answers, asked on the way that people take: through Caddy's own network position. */
export interface ReadinessProbe {
  /** Never rejects; anything but a clear yes is no. */
  isReady(slug: string, signal: AbortSignal): Promise<boolean>
}

/** A session is ready once its IDE answers and its port is isolated from the other sessions'. */
export function whenIsolated(probe: ReadinessProbe, ports: PortGuard): ReadinessProbe {
  return {
    async isReady(slug, signal) {
      return (await probe.isReady(slug, signal)) && (await ports.isIsolated(slug, signal))
    },
  }
}

// One try: a container that does not listen yet refuses at once; a swallowed packet must not cost more than this.
const TRY_LIMIT_MS = 1_000

/** @param probeUrl  Caddy's internal listener, which proxies `/probe/<container>` to that container's `/healthz` */
export function createCaddyProbe(probeUrl: string): ReadinessProbe {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  return {
    isReady(slug, signal) {
      const url = new URL(`/probe/${sessionContainerName(slug)}`, probeUrl)
      const limit = AbortSignal.any([AbortSignal.timeout(TRY_LIMIT_MS), signal])
      return new Promise((resolve) => {
        const ask = request(url, { agent, signal: limit }, (response) => {
          response.resume().on('error', () => resolve(false))
          resolve(response.statusCode === 200)
        })
        ask.on('error', () => resolve(false))
        ask.end()
      })
    },
  }
}
