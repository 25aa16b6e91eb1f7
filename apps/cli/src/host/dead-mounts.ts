import { createPoolFiles } from '@medforge/core/pool-files'
import { POOL_MOUNT } from '../names.ts'
import { runOrFail } from '../process.ts'
import { type ContainerFacts, inspectRunning } from '../stack/containers.ts'

const LIMIT_MS = 5_000

/**
 * End every container that still holds file systems of a ZFS daemon that is no more, or that Docker restarts again and again for want of
 * them. They stay dead in it whatever happens to the pool: its database cannot write, its session cannot read. What belongs to the platform
 * is started by the rest of `up`; a session gets its end, with its snapshot, from the reconciler, as any whose container died.
 *
 * @returns their names
 */
export async function endContainersOnDeadMounts(): Promise<string[]> {
  const containers = await inspectRunning()
  const dead = await Promise.all(containers.map(holdsDeadMount))
  const names = containers.filter((_, index) => dead[index]).map(({ Name }) => Name.slice(1))
  if (names.length === 0) return []
  // Not `kill`, which knows nothing of a container between two restarts.
  await runOrFail('docker', ['stop', '--time', '0', ...names], {
    message: 'Containers with dead file systems could not be ended',
    remedy: 'Look at docker ps and the Docker server’s log, and run this again.',
  })
  return names
}

/** Asked from inside: the container keeps mounts that the host has let go of. */
async function holdsDeadMount({ Mounts, State }: ContainerFacts): Promise<boolean> {
  const places = Mounts.filter(
    ({ Source }) => Source === POOL_MOUNT || Source?.startsWith(`${POOL_MOUNT}/`),
  ).map(({ Destination }) => `/proc/${State.Pid}/root${Destination}`)
  if (places.length === 0) return false
  if (State.Status === 'restarting') return true
  return (await createPoolFiles(places, { limitMs: LIMIT_MS })()) === 'silent'
}
