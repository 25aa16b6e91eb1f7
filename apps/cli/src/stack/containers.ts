import { Failure } from '../failure.ts'
import { CONTAINERS, NETWORKS, PROJECT, SERVICES, type ServiceName } from '../names.ts'
import { run, runOrFail } from '../process.ts'

/** What `docker inspect` says of a container, as far as the command line asks. */
export type ContainerFacts = {
  Id: string
  Name: string
  Image: string
  RestartCount: number
  State: {
    Status: string
    Running: boolean
    Pid: number
    StartedAt: string
    Health?: { Status: string }
  }
  Config: { Image: string; Env: string[] | null; Labels: Record<string, string> | null }
  HostConfig: { OomScoreAdj: number }
  Mounts: { Type: string; Source: string; Destination: string; Propagation: string; RW: boolean }[]
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> }
}

/** Facts of the containers that exist; names without a container are left out. */
export async function inspectContainers(names: string[]): Promise<ContainerFacts[]> {
  if (names.length === 0) return []
  const outcome = await run('docker', ['container', 'inspect', ...names])
  if (!outcome.stdout.trim()) return []
  return JSON.parse(outcome.stdout) as ContainerFacts[]
}

export async function inspectPlatform(): Promise<Map<ServiceName, ContainerFacts>> {
  const facts = await inspectContainers(Object.values(CONTAINERS))
  const found = new Map<ServiceName, ContainerFacts>()
  for (const service of SERVICES) {
    const container = facts.find((fact) => fact.Name === `/${CONTAINERS[service]}`)
    if (container) found.set(service, container)
  }
  return found
}

/** Facts of every container that runs, whoever started it. */
export async function inspectRunning(): Promise<ContainerFacts[]> {
  const list = await run('docker', ['ps', '--quiet', '--no-trunc'])
  return inspectContainers(list.stdout.split('\n').filter(Boolean))
}

/** Names of the session containers that run now. */
export async function listSessionContainers(): Promise<string[]> {
  const list = await run('docker', [
    ...['ps', '--all', '--filter', 'label=medforge.session'],
    ...['--format', '{{.Names}}'],
  ])
  return list.stdout.split('\n').filter(Boolean)
}

/**
 * Make sure that the placeholder network exists. Compose creates only networks that a service uses; with compose's own
 * labels it takes this one for its own.
 *
 * @returns whether it was created
 */
export async function ensurePlaceholderNetwork(): Promise<boolean> {
  const { name, subnet, range } = NETWORKS.privateSessions
  if ((await run('docker', ['network', 'inspect', name])).ok) return false
  await runOrFail(
    'docker',
    [
      ...['network', 'create', '--driver', 'bridge', '--subnet', subnet, '--ip-range', range],
      ...['--label', `com.docker.compose.project=${PROJECT}`],
      ...['--label', 'com.docker.compose.network=private-sessions'],
      name,
    ],
    {
      message: `The network ${name} (${subnet}) could not be created`,
      remedy:
        'Another network uses these addresses: find it with docker network inspect $(docker network ls -q), remove it, and run this again.',
    },
  )
  return true
}

/** The last lines that a container wrote, for a failure's message. */
export async function lastWords(container: string, lines: number): Promise<string> {
  const logs = await run('docker', ['logs', '--tail', String(lines), container])
  return `${logs.stdout}\n${logs.stderr}`.trim()
}

export function serviceOf(name: string): ServiceName {
  const service = SERVICES.find((known) => known === name || CONTAINERS[known] === name)
  if (service) return service
  throw new Failure(`There is no service ${name}.`, `Choose one of ${SERVICES.join(', ')}.`)
}
