import { sessionContainerName } from '@medforge/contracts'
import { eventually } from '../../support/installation.ts'
import type { Chaos } from './chaos.ts'
import { processesOf, signalAll, untilDatabaseIsHealthy } from './daemons.ts'
import { askDocker, listSessionContainers } from './docker-api.ts'

/** What may happen to the platform or to a container at any moment. */
export const FAULTS = [
  'kill-reconciler',
  'kill-server',
  'remove-container',
  'kill-container',
  'out-of-memory',
] as const
export type Fault = (typeof FAULTS)[number]

/** Cause a fault; those of a container strike the session with this slug, or any that exists. */
export async function cause(chaos: Chaos, fault: Fault, slug?: string): Promise<void> {
  chaos.history.note(`${fault} ${slug ?? ''}`)
  if (fault === 'kill-reconciler') return chaos.plane.kill('reconciler')
  if (fault === 'kill-server') return chaos.plane.kill('server')
  const name = slug === undefined ? await anyContainer() : sessionContainerName(slug)
  if (name === undefined) return
  // The tiny image's program takes all the memory that it can get on SIGUSR1.
  const paths: Record<typeof fault, [string, string]> = {
    'remove-container': ['DELETE', `/containers/${name}?force=1`],
    'kill-container': ['POST', `/containers/${name}/kill`],
    'out-of-memory': ['POST', `/containers/${name}/kill?signal=SIGUSR1`],
  }
  // Whatever Docker answers: it may be gone already.
  await askDocker(...paths[fault]).catch(() => undefined)
}

/** kill -9 of MariaDB; resolves once Docker has started it again and it answers. */
export async function killDatabase(chaos: Chaos): Promise<void> {
  chaos.history.note('kill-database')
  const before = processesOf('mariadbd')
  signalAll('SIGKILL', 'mariadbd')
  await eventually(
    async () => processesOf('mariadbd').some((pid) => !before.includes(pid)),
    'Docker starts the database again',
    { timeoutMs: 60_000 },
  )
  await untilDatabaseIsHealthy()
}

async function anyContainer(): Promise<string | undefined> {
  const containers = await listSessionContainers().catch(() => [])
  return containers.find(({ state }) => state === 'running')?.name
}
