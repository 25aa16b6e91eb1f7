import { Failure } from '../failure.ts'
import type { ServiceName } from '../names.ts'
import { type ContainerFacts, inspectPlatform, lastWords } from './containers.ts'

type Look = ReadonlyMap<ServiceName, ContainerFacts>
/** How often each container had been restarted when it last stayed up, by its id. */
type Restarts = ReadonlyMap<string, number>

// A third try costs a busy host more seconds than anybody wants to wait.
const RESTARTS_OF_LOOP = 2
const STEADY_AFTER_MS = 10_000
const LOOK_EVERY_MS = 1_000

/** A container that was never restarted, or that has stayed up for ten seconds since. Docker counts anew when somebody starts it. */
export function isSteady(facts: ContainerFacts | undefined, at: number): boolean {
  if (facts?.State.Status !== 'running') return false
  return facts.RestartCount === 0 || at - Date.parse(facts.State.StartedAt) > STEADY_AFTER_MS
}

/**
 * The first service that crashes in a loop: it does not stay up, and was restarted twice since it last did.
 *
 * @param before  of those that stayed up when somebody began to watch
 */
export function findCrashLoop(look: Look, before: Restarts, at: number): ServiceName | undefined {
  const loops = [...look].filter(([, facts]) => {
    const restarts = facts.RestartCount - (before.get(facts.Id) ?? 0)
    return restarts >= RESTARTS_OF_LOOP && !isSteady(facts, at)
  })
  return loops[0]?.[0]
}

/**
 * For whoever waits for a service to answer: called again and again, it looks at the containers once a second at most.
 *
 * @throws Failure naming the service that will never answer, with its last words
 */
export function createCrashWatch(): () => Promise<void> {
  let before: Restarts | undefined
  let lookedAt = 0
  return async () => {
    const at = Date.now()
    if (at - lookedAt < LOOK_EVERY_MS) return
    lookedAt = at
    const look = await inspectPlatform()
    before ??= new Map(
      [...look.values()]
        .filter((facts) => isSteady(facts, at))
        .map(({ Id, RestartCount }) => [Id, RestartCount]),
    )
    const service = findCrashLoop(look, before, at)
    if (service !== undefined) throw await describeUnsteady(service)
  }
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
