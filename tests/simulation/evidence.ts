import type { FakeRuntime } from '@medforge/api/reconciler/runtime/fake.ts'
import type { FakeWorkspaces } from '@medforge/api/reconciler/workspace/fake.ts'
import { canTransition, isTerminal } from '@medforge/core'
import type { Evidence } from '../chaos/support/invariants.ts'
import type { Lifetime } from '../chaos/support/witness.ts'
import type { Change, State } from './database/engine.ts'

export type SessionRow = Evidence['facts']['sessions'][number]

/** Sees every container and snapshot the moment it is there or gone. Its times are the numbers of its looks: only their order counts. */
export function createWitness(docker: FakeRuntime, pool: FakeWorkspaces) {
  const lives = new Map<string, Lifetime>()
  const present = new Set<string>()
  const snapshots = new Map<string, { name: string; createdAtSeconds: number }[]>()
  let seen = 0

  function look(): boolean {
    const before = seen
    const now = () => BigInt(++seen) * 1_000_000_000n
    for (const { id, spec, state } of docker.containers.values()) {
      if (!spec) continue
      let life = lives.get(id)
      if (!life) {
        const { sessionId, gpu } = spec
        const none = { startedNs: null, diedNs: null, destroyedNs: null }
        life = { containerId: id, sessionId, gpuId: gpu.id, createdNs: now(), ...none }
        lives.set(id, life)
        present.add(id)
      }
      if (state === 'running') life.startedNs ??= now()
      if (state === 'ended') life.diedNs ??= now()
    }
    for (const id of present) {
      const life = lives.get(id)
      if (!life || [...docker.containers.values()].some((each) => each.id === id)) continue
      life.diedNs ??= life.startedNs && now()
      life.destroyedNs = now()
      present.delete(id)
    }
    for (const [dataset, names] of pool.datasets) {
      const known = snapshots.get(dataset) ?? []
      if (known.length === 0) snapshots.set(dataset, known)
      for (const name of names.slice(known.length)) {
        known.push({ name, createdAtSeconds: Number(now() / 1_000_000_000n) })
      }
    }
    return seen !== before
  }

  return {
    /** @returns whether anything is new */
    look,
    /** A container holds its GPU from its start on: one that was made for a session that has ended meanwhile is never started. */
    lifetimes: () =>
      [...lives.values()].flatMap((life) =>
        life.startedNs === null ? [] : [{ ...life, createdNs: life.startedNs }],
      ),
    snapshots,
  }
}

/** What the invariants look at. */
export function evidenceOf(
  state: State,
  docker: FakeRuntime,
  pool: FakeWorkspaces,
  witness: ReturnType<typeof createWitness>,
  operations: Evidence['operations'],
): Evidence {
  const rowsOf = <Of>(table: string) => [...(state[table]?.values() ?? [])] as unknown as Of[]
  const users = rowsOf<{ id: string; max_concurrent_sessions: number }>('users')
  return {
    facts: {
      sessions: rowsOf('sessions'),
      events: rowsOf('session_events'),
      limits: new Map(users.map((user) => [user.id, user.max_concurrent_sessions])),
      submissions: [],
      scores: [],
      containers: [...docker.containers.values()].flatMap(({ name, spec, state: is }) =>
        spec ? [{ name, sessionId: spec.sessionId, state: is }] : [],
      ) as unknown as Evidence['facts']['containers'],
      datasets: new Set(pool.datasets.keys()),
      snapshots: witness.snapshots,
    },
    lifetimes: witness.lifetimes(),
    operations,
    since: new Date(0),
  }
}

/** What a commit itself does wrong, whatever was true before. */
export function findWrongChanges(changes: readonly Change[], docker: FakeRuntime): string[] {
  const hasMovedEpoch = changes.some(({ after }) => after.name === 'epoch')
  return changes.flatMap(({ table, before, after }) => {
    if (table !== 'sessions' || !before) return []
    const [old, next] = [before, after] as unknown as [SessionRow, SessionRow]
    const found = wrongMoves(old, next, docker)
    if (old.status === next.status || hasMovedEpoch) return found
    return [...found, `I9: session ${old.id} became ${next.status} and the epoch stood still`]
  })
}

function wrongMoves(before: SessionRow, after: SessionRow, docker: FakeRuntime): string[] {
  const found: string[] = []
  const { id, slug, status } = before
  if (isTerminal(status)) found.push(`I7: session ${id} is ${status} and was changed`)
  if (after.status !== status && !canTransition(status, after.status)) {
    found.push(`I7: session ${id} moved from ${status} to ${after.status}`)
  }
  if (after.version !== before.version + 1) {
    found.push(`I7: the version of session ${id} went from ${before.version} to ${after.version}`)
  }
  if (before.gpu_active === 1 && after.gpu_active === null) {
    const container = docker.containers.get(`mf-session-${slug}`)
    const hasGpu = container?.spec?.sessionId === id && container.state !== 'created'
    if (hasGpu)
      found.push(`I3: session ${id} let go of GPU ${after.gpu_id} with its container there`)
  }
  return found
}
