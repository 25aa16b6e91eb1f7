import { sessionContainerName } from '@medforge/contracts'
import { HostAwayError, HostRefusedError } from '../host-error.ts'
import type { ContainerFact, ContainerSpec, SessionRuntime } from './port.ts'

type FakeContainer = {
  id: string
  name: string
  /** Null: somebody else's container. */
  spec: ContainerSpec | null
  state: 'created' | 'running' | 'ended'
  exitCode: number | null
  oomKilled: boolean
}

export interface FakeRuntime extends SessionRuntime {
  /** Every container there is, by name. */
  readonly containers: ReadonlyMap<string, FakeContainer>
  /** How often each method was called, for tests that forbid needless calls. */
  readonly calls: string[]
  /** Docker stops or starts answering. */
  setAway(isAway: boolean): void
  /** The next start answers with this refusal. */
  refuseNextStart(error: HostRefusedError): void
  /** What runs under this slug ends by itself. */
  end(slug: string, how?: { exitCode?: number; oomKilled?: boolean }): void
  /** The container disappears without us. */
  vanish(slug: string): void
  /** Somebody else's container takes the name. */
  occupy(slug: string): void
  /** As new: no container, no fault. */
  clear(): void
}

/** A Docker in memory that keeps the port's contract. */
export function createFakeRuntime(): FakeRuntime {
  const containers = new Map<string, FakeContainer>()
  const calls: string[] = []
  const listeners = new Set<(sessionId: string) => void>()
  let isAway = false
  let refusal: HostRefusedError | undefined
  let made = 0

  function enter(method: string, signal: AbortSignal): void {
    calls.push(method)
    if (isAway || signal.aborted) throw new HostAwayError('Docker does not answer.')
  }

  function announce(container: FakeContainer): void {
    if (!container.spec) return
    for (const listener of listeners) listener(container.spec.sessionId)
  }

  function find(slug: string): FakeContainer {
    const container = containers.get(sessionContainerName(slug))
    if (!container) throw new Error(`No container of ${slug} in the fake.`)
    return container
  }

  return {
    containers,
    calls,
    setAway(next) {
      isAway = next
    },
    refuseNextStart(error) {
      refusal = error
    },
    end(slug, { exitCode = 1, oomKilled = false } = {}) {
      const container = find(slug)
      Object.assign(container, { state: 'ended', exitCode, oomKilled })
      announce(container)
    },
    vanish(slug) {
      const container = find(slug)
      containers.delete(container.name)
      announce(container)
    },
    occupy(slug) {
      const name = sessionContainerName(slug)
      made += 1
      containers.set(name, {
        id: `foreign-${made}`,
        name,
        spec: null,
        state: 'running',
        exitCode: null,
        oomKilled: false,
      })
    },
    clear() {
      containers.clear()
      calls.length = 0
      isAway = false
      refusal = undefined
    },

    async list(signal) {
      enter('list', signal)
      return [...containers.values()].flatMap(({ id, name, spec, state }) =>
        spec ? [{ id, name, sessionId: spec.sessionId, isRunning: state === 'running' }] : [],
      )
    },
    async observe(ref, signal): Promise<ContainerFact> {
      try {
        enter('observe', signal)
      } catch {
        return { kind: 'unknown', reason: 'Docker does not answer.' }
      }
      const container = containers.get(sessionContainerName(ref.slug))
      if (!container) return { kind: 'absent' }
      if (container.spec?.sessionId !== ref.sessionId) return { kind: 'foreign' }
      const { id, state, exitCode, oomKilled } = container
      return state === 'ended'
        ? { kind: 'present', id, state, exitCode, oomKilled }
        : { kind: 'present', id, state }
    },
    async start(spec, signal, confirm) {
      enter('start', signal)
      if (refusal) {
        const error = refusal
        refusal = undefined
        throw error
      }
      const name = sessionContainerName(spec.slug)
      const existing = containers.get(name)
      if (existing && existing.spec?.sessionId !== spec.sessionId) {
        throw new HostRefusedError('name_taken', "Another container has this session's name.")
      }
      made += 1
      const container = existing ?? {
        id: `container-${made}`,
        name,
        spec,
        state: 'created' as const,
        exitCode: null,
        oomKilled: false,
      }
      containers.set(name, container)
      try {
        await confirm?.()
      } catch (error) {
        if (!existing && container.state === 'created') containers.delete(name)
        throw error
      }
      container.state = 'running'
      return container.id
    },
    async remove(containerId, signal) {
      enter('remove', signal)
      for (const container of containers.values()) {
        if (container.id === containerId) containers.delete(container.name)
      }
    },
    async watch(onEnd, signal) {
      enter('watch', signal)
      listeners.add(onEnd)
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      listeners.delete(onEnd)
    },
  }
}
