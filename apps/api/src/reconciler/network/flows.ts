import { sessionContainerName } from '@medforge/contracts'
import { callDocker, type Docker, isDockerStatus } from '../docker/client.ts'
import { runHelper } from '../docker/helper.ts'
import { HostAwayError } from '../host-error.ts'

export interface SessionFlows {
  /**
   * Reset every connection that the edge holds open to these sessions, websockets above all. Whoever is still allowed in connects again;
   * whoever is not is refused. A session without a container has no connections.
   *
   * @returns the sessions whose connections resisted or could not be looked for; those of the others are gone
   * @throws HostAwayError when none was reset, because Docker does not answer or has no helper
   */
  cut(slugs: readonly string[], signal: AbortSignal): Promise<string[]>
}

const EDGE_CONTAINER = 'medforge-caddy'
const CALL_LIMIT_MS = 5_000
const HELPER_LIMIT_MS = 10_000

// `ss -K` needs a kernel with INET_DIAG_DESTROY and says nothing where it lacks it; so look whether the flows of before are gone. A flow in
// TIME-WAIT carries nothing any more, and older kernels cannot end it. It prints the addresses that resist; they keep no other from being cut.
export const CUT_SCRIPT = `
for address in "$@"; do
  flows() { ss -Hnt state connected exclude time-wait dst "$address" | awk '{ print $(NF - 1), $NF }' | sort; }
  before=$(flows)
  ss -K -Hnt dst "$address" >/dev/null
  if [ -n "$before" ] && flows | grep -qxF -e "$before"; then echo "$address"; fi
done`

/** Resets flows from inside the edge's network namespace, by a helper with NET_ADMIN alone; the edge itself is not touched. */
export function createSessionFlows(options: {
  docker: Docker
  /** An image with a shell and iproute2. */
  helperImage: string
  /** Name of the sessions' Docker network. */
  network: string
}): SessionFlows {
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

  return {
    async cut(slugs, signal) {
      const found = await Promise.allSettled(slugs.map((slug) => addressOf(slug, signal)))
      const unknown = slugs.filter((_, at) => found[at]?.status === 'rejected')
      const slugAt = new Map(
        slugs.flatMap((slug, at) => {
          const look = found[at]
          return look?.status === 'fulfilled' && look.value ? [[look.value, slug] as const] : []
        }),
      )
      if (slugAt.size === 0) return unknown
      const { exitCode, output } = await runHelper(
        docker,
        {
          purpose: 'flows',
          image: helperImage,
          command: ['sh', '-c', CUT_SCRIPT, 'flows', ...slugAt.keys()],
          hostConfig: { NetworkMode: `container:${EDGE_CONTAINER}`, CapAdd: ['NET_ADMIN'] },
          limitMs: HELPER_LIMIT_MS,
        },
        signal,
      )
      if (exitCode !== 0) {
        throw new HostAwayError('Open connections of a session could not be reset.')
      }
      const resisting = output.split('\n').flatMap((address) => slugAt.get(address.trim()) ?? [])
      return [...unknown, ...resisting]
    },
  }
}
