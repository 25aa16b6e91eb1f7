import { readFile } from 'node:fs/promises'
import {
  readTrackedConnections,
  TRACKED_CONNECTIONS_FILES,
  type TrackedConnections,
} from '@medforge/core'
import { callDocker, type Docker, isDockerStatus } from '../docker/client.ts'
import { runHelper } from '../docker/helper.ts'
import { HostAwayError } from '../host-error.ts'
import { type BridgeNetwork, bridgeOf, intrudersIn, resolversIn } from './bridge.ts'
import { probeIsolation } from './probe.ts'

export type FirewallOptions = {
  docker: Docker
  /** An image with a shell and iptables. */
  helperImage: string
  /** Name of the sessions' Docker network. */
  network: string
}

export type FirewallVerdict =
  /** `proven`: in place, and tried out since they were put there. */
  | { state: 'proven' | 'ok' | 'repaired' }
  /** `faults`: what is missing, for the operator. */
  | { state: 'failed'; faults: string[] }

export interface Firewall {
  /** The rules are in place, put there now if need be. Rejects with `HostAwayError` when that could not be found out. */
  ensure(signal: AbortSignal): Promise<FirewallVerdict>
  /**
   * What a container on the sessions' network can reach and must not, found out by two throw-away containers that try; empty when the
   * rules hold, which is then kept with them on the host. Takes two to three seconds.
   */
  probe(signal: AbortSignal): Promise<string[]>
  /** The host's tracked connections as of the last `ensure`; null where they are not known. */
  trackedConnections(): TrackedConnections | null
  /** The sessions' network as Docker knows it. Rejects with `HostAwayError` where it is missing or a stranger has the edge's address. */
  readNetwork(signal: AbortSignal): Promise<BridgeNetwork>
}

const SCRIPT = new URL('../../../../../ops/network/firewall.sh', import.meta.url)
// The figures are those of a network namespace, so they are read where the rules are.
const RUN = `echo $(cat ${TRACKED_CONNECTIONS_FILES.join(' ')} 2>/dev/null); exec sh -c "$0" firewall "$1"`
// 0.3 s on an idle host.
const HELPER_LIMIT_MS = 20_000
const CALL_LIMIT_MS = 5_000
// Where Docker sends names on changes with the host's network only.
const RESOLVERS_MAX_AGE_MS = 5 * 60_000

/** The rules of `ops/network/firewall.sh`, applied in the host's network namespace by a helper with NET_ADMIN and NET_RAW alone. */
export function createFirewall({ docker, helperImage, network }: FirewallOptions): Firewall {
  let tracked: TrackedConnections | null = null
  let resolvers: { list: string[]; readMs: number } | undefined

  async function readNetwork(signal: AbortSignal): Promise<BridgeNetwork> {
    try {
      const info = await callDocker({ limitMs: CALL_LIMIT_MS, signal }, () =>
        docker.getNetwork(network).inspect(),
      )
      if (intrudersIn(info).length > 0) {
        throw new HostAwayError(
          "Another container has taken the edge's address on the sessions network.",
          { cause: new Error(intrudersIn(info).join(', ')) },
        )
      }
      return bridgeOf(info)
    } catch (error) {
      if (isDockerStatus(error, 404)) {
        throw new HostAwayError('The sessions network is missing.', { cause: error })
      }
      throw error
    }
  }

  /** The resolvers that Docker forwards a session's questions to: those that it writes into a container on no network of its own. */
  async function readResolvers(signal: AbortSignal): Promise<string[]> {
    const nowMs = performance.now()
    if (resolvers && nowMs - resolvers.readMs < RESOLVERS_MAX_AGE_MS) return resolvers.list
    const { output } = await runHelper(
      docker,
      {
        purpose: 'resolvers',
        image: helperImage,
        command: ['cat', '/etc/resolv.conf'],
        limitMs: HELPER_LIMIT_MS,
      },
      signal,
    )
    resolvers = { list: resolversIn(output), readMs: nowMs }
    return resolvers.list
  }

  /** Run the script, and note the figures that come with what it prints. */
  async function runScript(
    verb: 'ensure' | 'prove',
    signal: AbortSignal,
  ): Promise<FirewallVerdict> {
    const bridge = await readNetwork(signal)
    const list = await readResolvers(signal)
    const { exitCode, output } = await runHelper(
      docker,
      {
        purpose: 'firewall',
        image: helperImage,
        command: ['sh', '-c', RUN, await readFile(SCRIPT, 'utf8'), verb],
        env: {
          BRIDGE: bridge.name,
          SUBNET: bridge.subnet,
          CADDY: bridge.caddy,
          RESOLVERS: list.join(' '),
        },
        hostConfig: {
          NetworkMode: 'host',
          CapAdd: ['NET_ADMIN', 'NET_RAW'],
          Tmpfs: { '/run': 'rw,nosuid,nodev,noexec,size=1m' },
        },
        limitMs: HELPER_LIMIT_MS,
      },
      signal,
    )
    const [figures = '', ...rest] = output.split('\n')
    tracked = readTrackedConnections(figures)
    const lines = rest.filter(Boolean)
    const [last = ''] = lines.slice(-1)
    if (exitCode !== 0) return { state: 'failed', faults: lines }
    return { state: last === 'repaired' || last === 'proven' ? last : 'ok' }
  }

  return {
    readNetwork,
    trackedConnections: () => tracked,
    ensure: (signal) => runScript('ensure', signal),
    async probe(signal) {
      const place = { docker, image: helperImage, network }
      const reached = await probeIsolation(place, await readNetwork(signal), signal)
      if (reached.length > 0) return reached
      const verdict = await runScript('prove', signal)
      // The next look says what has become of them meanwhile.
      if (verdict.state === 'failed')
        throw new HostAwayError('The sessions firewall is not in place.')
      return reached
    },
  }
}
