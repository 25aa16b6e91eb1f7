import { sessionContainerName } from '@medforge/contracts'
import { callDocker, type Docker, isDockerStatus } from '../docker/client.ts'
import { runHelper } from '../docker/helper.ts'
import { HostAwayError } from '../host-error.ts'

export type Flows = {
  /** `address:port` of clients, an IPv6 address in brackets. */
  clients: readonly string[]
  /** Slugs of sessions. */
  sessions: readonly string[]
}

export interface EdgeFlows {
  /**
   * Reset the connections of these clients to the edge, and every connection that the edge holds open to these sessions, websockets above
   * all. Whoever is still allowed in connects again; whoever is not is refused. A session without a container has no connections.
   *
   * @returns those that resisted or could not be looked for; the others are gone
   * @throws HostAwayError when none was reset, because Docker does not answer or has no helper
   */
  cut(flows: Flows, signal: AbortSignal): Promise<Flows>
  /** The other end of every connection of the edge. @throws HostAwayError */
  listPeers(signal: AbortSignal): Promise<Set<string>>
}

const EDGE_CONTAINER = 'medforge-caddy'
const CALL_LIMIT_MS = 5_000
const HELPER_LIMIT_MS = 10_000
const CLIENTS_A_FILTER = 100

// `ss -K` needs a kernel with INET_DIAG_DESTROY and says nothing where it lacks it; so look whether the flows of before are gone. A flow in
// TIME-WAIT carries nothing any more, and older kernels cannot end it. It prints both ends of those that resist; they keep no other from
// being cut.
export const CUT_SCRIPT = `
for filter in "$@"; do
  flows() { ss -Hnt state connected exclude time-wait "$filter" | awk '{ print $(NF - 1), $NF }' | sort; }
  before=$(flows)
  ss -K -Hnt "$filter" >/dev/null
  if [ -n "$before" ]; then flows | grep -xF -e "$before" || true; fi
done`

// On one line, as a log line each would cost several times its length; with their number, as a log that is too long loses its beginning.
export const LIST_SCRIPT = `
ss -Hnt state connected exclude time-wait | awk '{ printf "%s ", $NF } END { print NR }'`

/** Works inside the edge's network namespace, by a helper with NET_ADMIN alone; the edge itself is not touched. */
export function createEdgeFlows(options: {
  docker: Docker
  /** An image with a shell and iproute2. */
  helperImage: string
  /** Name of the sessions' Docker network. */
  network: string
}): EdgeFlows {
  const { docker, helperImage, network } = options

  async function addressOf(slug: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { NetworkSettings } = await callDocker({ limitMs: CALL_LIMIT_MS, signal }, () =>
        docker.getContainer(sessionContainerName(slug)).inspect(),
      )
      return NetworkSettings.Networks[network]?.IPAddress || undefined
    } catch (error) {
      if (isDockerStatus(error, 404)) return undefined
      throw error
    }
  }

  /** The container's address of each session that has one, and the sessions that cannot be looked for. */
  async function locate(slugs: readonly string[], signal: AbortSignal) {
    const found = await Promise.allSettled(slugs.map((slug) => addressOf(slug, signal)))
    const slugAt = new Map<string, string>()
    const unknown: string[] = []
    for (const [at, slug] of slugs.entries()) {
      const look = found[at]
      if (look?.status !== 'fulfilled') unknown.push(slug)
      else if (look.value) slugAt.set(look.value, slug)
    }
    return { slugAt, unknown }
  }

  async function run(script: string, args: readonly string[], signal: AbortSignal) {
    const { exitCode, output } = await runHelper(
      docker,
      {
        purpose: 'flows',
        image: helperImage,
        command: ['sh', '-c', script, 'flows', ...args],
        hostConfig: { NetworkMode: `container:${EDGE_CONTAINER}`, CapAdd: ['NET_ADMIN'] },
        limitMs: HELPER_LIMIT_MS,
      },
      signal,
    )
    if (exitCode !== 0) throw new HostAwayError('The connections of the edge cannot be reached.')
    return output
  }

  return {
    async cut({ clients, sessions }, signal) {
      const { slugAt, unknown } = await locate(sessions, signal)
      const filters = [...clientFilters(clients), ...[...slugAt.keys()].map((at) => `dst ${at}`)]
      if (filters.length === 0) return { clients: [], sessions: unknown }
      const peers = peersOf(await run(CUT_SCRIPT, filters, signal))
      return {
        clients: clients.filter((client) => peers.has(client)),
        sessions: [...unknown, ...[...peers].flatMap((peer) => slugAt.get(addressIn(peer)) ?? [])],
      }
    },

    async listPeers(signal) {
      const words = (await run(LIST_SCRIPT, [], signal)).split(/\s+/).filter(Boolean)
      const count = words.pop()
      if (count !== String(words.length)) {
        throw new HostAwayError('The connections of the edge could not be listed.')
      }
      return new Set(words)
    },
  }
}

/** For ss: at most so many clients each as the kernel takes in one. */
export function clientFilters(clients: readonly string[]): string[] {
  const filters: string[] = []
  for (let at = 0; at < clients.length; at += CLIENTS_A_FILTER) {
    const some = clients.slice(at, at + CLIENTS_A_FILTER)
    filters.push(some.map((client) => `( dst ${client} )`).join(' or '))
  }
  return filters
}

/** The other ends in lines of both ends. */
function peersOf(output: string): Set<string> {
  return new Set(output.split('\n').flatMap((line) => line.trim().split(' ')[1] ?? []))
}

/** Without the port. */
function addressIn(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(':'))
}
