import { readFile } from 'node:fs/promises'
import { sessionContainerName } from '@medforge/contracts'
import type { NetworkInspectInfo } from 'dockerode'
import { callDocker, type Docker, isDockerStatus } from '../docker/client.ts'
import { type RunningHelper, removeLeftHelpers, startHelper } from '../docker/helper.ts'
import { HostAwayError } from '../host-error.ts'
import { bridgeOf } from './bridge.ts'

/** Isolates the sessions' ports of the bridge from each other, for frames that no rule of the firewall sees. */
export interface PortGuard {
  /** The guard runs and knows the edge's own ports; started now if need be. */
  ensure(signal: AbortSignal): Promise<void>
  /** Whether this session's port was isolated since its container was made. Never rejects; anything but a clear yes is no. */
  isIsolated(slug: string, signal: AbortSignal): Promise<boolean>
}

const SCRIPT = new URL('../../../../../ops/network/isolate-ports.sh', import.meta.url)
const CALL_LIMIT_MS = 5_000
const START_LIMIT_MS = 20_000
const PURPOSE = 'ports'

/** A helper in the host's network namespace with NET_ADMIN alone, which sees every new port at its first frame. */
export function createPortGuard(options: {
  docker: Docker
  /** An image with a shell and iproute2. */
  helperImage: string
  /** Name of the sessions' Docker network. */
  network: string
}): PortGuard {
  const { docker, helperImage, network } = options
  let running: { helper: RunningHelper; edge: string[] } | undefined

  async function isRunning(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { State } = await callDocker({ limitMs: CALL_LIMIT_MS, signal }, () =>
        docker.getContainer(id).inspect(),
      )
      return State.Running
    } catch (error) {
      if (isDockerStatus(error, 404)) return false
      throw error
    }
  }

  async function readNetwork(signal: AbortSignal): Promise<NetworkInspectInfo> {
    try {
      return await callDocker({ limitMs: CALL_LIMIT_MS, signal }, () =>
        docker.getNetwork(network).inspect(),
      )
    } catch (error) {
      if (!isDockerStatus(error, 404)) throw error
      throw new HostAwayError('The sessions network is missing.', { cause: error })
    }
  }

  async function start(bridge: string, edge: string[], signal: AbortSignal): Promise<void> {
    // One that was given up, or whose creation was answered too late, would go on with its rights and be nobody's.
    await removeLeftHelpers(docker, signal, (purpose) => purpose === PURPOSE)
    const helper = await startHelper(
      docker,
      {
        purpose: PURPOSE,
        image: helperImage,
        command: ['sh', '-c', await readFile(SCRIPT, 'utf8'), PURPOSE],
        env: { BRIDGE: bridge, EDGE: edge.join(' ') },
        hostConfig: { NetworkMode: 'host', CapAdd: ['NET_ADMIN'] },
        limitMs: START_LIMIT_MS,
      },
      signal,
    )
    try {
      await helper.untilOutput('watching', signal)
    } catch (error) {
      await helper[Symbol.asyncDispose]()
      throw error
    }
    running = { helper, edge }
  }

  return {
    async ensure(signal) {
      const info = await readNetwork(signal)
      const edge = edgeOf(info)
      if (running && (await isRunning(running.helper.id, signal))) {
        // Less than it knows is no news: Caddy or the API restarts.
        const known = new Set(running.edge)
        if (edge.every((mac) => known.has(mac))) return
      }
      await running?.helper[Symbol.asyncDispose]()
      running = undefined
      await start(bridgeOf(info).name, edge, signal)
    },

    async isIsolated(slug, signal) {
      try {
        if (!running) return false
        const { id } = running.helper
        const { NetworkSettings, Created } = await callDocker(
          { limitMs: CALL_LIMIT_MS, signal },
          () => docker.getContainer(sessionContainerName(slug)).inspect(),
        )
        const mac = NetworkSettings.Networks[network]?.MacAddress
        if (!mac) return false
        const since = Date.parse(Created) / 1000
        const log: unknown = await callDocker({ limitMs: CALL_LIMIT_MS, signal }, () =>
          docker.getContainer(id).logs({ stdout: true, since, tail: 1_000, follow: false }),
        )
        return String(log).includes(`isolated ${mac}`)
      } catch {
        return false
      }
    },
  }
}

/** The MAC addresses of Caddy and the API, as far as they are there. */
function edgeOf(info: NetworkInspectInfo): string[] {
  const { caddy, api } = bridgeOf(info)
  return Object.values(info.Containers ?? {})
    .filter(({ IPv4Address }) => [caddy, api].includes(IPv4Address.split('/')[0] ?? ''))
    .map(({ MacAddress }) => MacAddress)
}
