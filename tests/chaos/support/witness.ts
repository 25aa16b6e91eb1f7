import { createInterface } from 'node:readline'
import { askDocker, listSessionContainers, openDocker } from './docker-api.ts'

/** How long one container of a session existed, as Docker tells it. Times are Docker's own, in nanoseconds. */
export type Lifetime = {
  containerId: string
  sessionId: string
  /** As the container itself was told; null where it was gone before anybody could look. */
  gpuId: number | null
  createdNs: bigint
  startedNs: bigint | null
  diedNs: bigint | null
  destroyedNs: bigint | null
}

/** Records the life of every session container from `docker events`, across restarts of Docker. */
export interface Witness extends AsyncDisposable {
  lifetimes(): Lifetime[]
  /** Resolves once every container that Docker says is gone is known here to be gone. */
  caughtUp(): Promise<void>
}

type Event = {
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
  timeNano: number
}

const RECONNECT_MS = 100

export async function openWitness(): Promise<Witness> {
  const lives = new Map<string, Lifetime>()
  /** Whose end was found by looking, with a time that is only the earliest possible. */
  const presumed = new Set<Lifetime>()
  const looks = new Set<Promise<void>>()
  let lastNs = BigInt(Date.now()) * 1_000_000n
  let isOpen = true
  let close = () => {}

  async function lookAtGpu(life: Lifetime): Promise<void> {
    const answer = await askDocker('GET', `/containers/${life.containerId}/json`).catch(() => null)
    if (answer?.status !== 200) return
    const { Config } = JSON.parse(answer.body) as { Config: { Env: string[] } }
    const variable = Config.Env.find((line) => line.startsWith('MEDFORGE_GPU_ID='))
    if (variable !== undefined) life.gpuId = Number(variable.split('=')[1])
  }

  function begin(containerId: string, sessionId: string, createdNs: bigint): void {
    const life: Lifetime = {
      ...{ containerId, sessionId, createdNs, gpuId: null },
      ...{ startedNs: null, diedNs: null, destroyedNs: null },
    }
    lives.set(containerId, life)
    const look = lookAtGpu(life).finally(() => looks.delete(look))
    looks.add(look)
  }

  function note(line: string): void {
    // Beyond what a number holds exactly, so the digits are taken as they stand.
    const at = BigInt(/"timeNano":(\d+)/.exec(line)?.[1] ?? '0')
    const { Action: action, Actor: actor } = JSON.parse(line) as Event
    lastNs = at > lastNs ? at : lastNs
    const known = lives.get(actor.ID)
    if (action === 'create' && !known) {
      begin(actor.ID, actor.Attributes['medforge.session'] ?? '', at)
    } else if (known && action === 'start') known.startedNs ??= at
    else if (known && action === 'die') known.diedNs ??= at
    else if (known && action === 'destroy') {
      if (presumed.delete(known)) known.destroyedNs = at
      known.destroyedNs ??= at
    }
  }

  /** What happened while nobody listened: Docker forgets its events when it restarts. */
  async function compare(sinceNs: bigint): Promise<void> {
    const listed = new Map((await listSessionContainers()).map((each) => [each.id, each]))
    for (const life of lives.values()) {
      if (life.destroyedNs !== null || listed.has(life.containerId)) continue
      life.destroyedNs = sinceNs
      presumed.add(life)
    }
    for (const { id, sessionId } of listed.values()) {
      if (!lives.has(id)) begin(id, sessionId, sinceNs)
    }
  }

  function listen(): Promise<void> {
    const filters = {
      type: ['container'],
      event: ['create', 'start', 'die', 'destroy'],
      label: ['medforge.managed=1'],
    }
    const since = `${lastNs / 1_000_000_000n}.${String(lastNs % 1_000_000_000n).padStart(9, '0')}`
    const path = `/events?since=${since}&filters=${encodeURIComponent(JSON.stringify(filters))}`
    const sinceNs = lastNs
    const { promise, resolve } = Promise.withResolvers<void>()
    const call = openDocker('GET', path, (response) => {
      const lines = createInterface({ input: response })
      lines.on('line', note)
      // It passes on the error of a response that is cut.
      lines.on('error', () => resolve())
      lines.on('close', () => resolve())
      void compare(sinceNs).catch(() => {})
    })
    close = () => call.destroy()
    call.on('error', () => resolve())
    return promise
  }

  const listening = (async () => {
    while (isOpen) {
      await listen()
      if (isOpen) await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
    }
  })()

  return {
    lifetimes: () => [...lives.values()],
    async caughtUp() {
      const listed = new Set((await listSessionContainers()).map(({ id }) => id))
      const isBehind = () =>
        [...lives.values()].some(
          (life) => life.destroyedNs === null && !listed.has(life.containerId),
        )
      const deadline = Date.now() + 5_000
      while (isBehind() && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await Promise.all(looks)
    },
    async [Symbol.asyncDispose]() {
      isOpen = false
      close()
      await listening
    },
  }
}
