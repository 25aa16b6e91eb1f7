import { Failure } from '../failure.ts'
import { CONTAINERS, SERVICES, type ServiceName } from '../names.ts'
import { run } from '../process.ts'
import { type ContainerFacts, inspectPlatform, lastWords } from './containers.ts'

type Look = ReadonlyMap<ServiceName, ContainerFacts>

// A third try costs a busy host more seconds than anybody wants to wait.
const RESTARTS_OF_LOOP = 2
const STEADY_AFTER_MS = 10_000
const LOOK_EVERY_MS = 1_000

/** A container that was never restarted, or that has stayed up for ten seconds since. Docker counts anew when somebody starts it. */
export function isSteady(facts: ContainerFacts | undefined, at: number): boolean {
  if (facts?.State.Status !== 'running') return false
  return facts.RestartCount === 0 || at - Date.parse(facts.State.StartedAt) > STEADY_AFTER_MS
}

/** The first of these services that crashes in a loop: it does not stay up, and was restarted twice since the first look. */
export function findCrashLoop(
  services: readonly ServiceName[],
  look: Look,
  first: Look,
  at: number,
): ServiceName | undefined {
  return services.find((service) => {
    const facts = look.get(service)
    const before = first.get(service)
    if (facts === undefined || isSteady(facts, at)) return false
    const restartsBefore = before?.Id === facts.Id ? before.RestartCount : 0
    return facts.RestartCount - restartsBefore >= RESTARTS_OF_LOOP
  })
}

/**
 * For whoever waits for these services to answer: called again and again, it looks at the containers once a second at most.
 *
 * @throws Failure naming the service that will never answer, with its last words
 */
export function createCrashWatch(services: readonly ServiceName[] = SERVICES): () => Promise<void> {
  let first: Look | undefined
  let lookedAt = 0
  return async () => {
    const at = Date.now()
    if (at - lookedAt < LOOK_EVERY_MS) return
    lookedAt = at
    const look = await inspectPlatform()
    first ??= look
    const service = findCrashLoop(services, look, first, at)
    if (service !== undefined) throw await describeUnsteady(service)
  }
}

/**
 * Stop those containers that do not stay up, so that compose starts them at once, with a count of their own: it leaves alone one that
 * waits for Docker's next restart, which may be a minute away.
 */
export async function stopUnsteady(services: readonly ServiceName[]): Promise<void> {
  const look = await inspectPlatform()
  const unsteady = services.filter((service) => {
    const facts = look.get(service)
    return facts !== undefined && !isSteady(facts, Date.now())
  })
  if (unsteady.length === 0) return
  const containers = unsteady.map((service) => CONTAINERS[service])
  // What cannot be stopped is left to compose, which says why it cannot start it.
  await run('docker', ['stop', ...containers], { timeoutMs: 90_000 })
}

/** That a service does not stay up, with the last line that says why. */
export async function describeUnsteady(service: ServiceName): Promise<Failure> {
  const container = `medforge-${service}`
  const output = (await lastWords(container, 20)).split('\n').filter(Boolean)
  const last =
    output.findLast((line) => /error|cannot|refus|fail/i.test(line)) ?? output.at(-1) ?? ''
  return new Failure(
    `${container} does not stay up (${last.trim().slice(0, 300)}).`,
    `Read ./medforge logs ${service}, and run this again when the cause is gone.`,
  )
}
