import { assertDataset, assertSnapshot } from '@medforge/core'
import { HostAwayError, type HostRefusedError } from '../host-error.ts'
import type { SessionWorkspaces } from './port.ts'

export interface FakeWorkspaces extends SessionWorkspaces {
  /** Every dataset with the names of its snapshots, in the order they were taken. */
  readonly datasets: ReadonlyMap<string, string[]>
  /** The pool stops or starts answering. */
  setAway(isAway: boolean): void
  /** Every `ensure` and `snapshot` is refused with this until it is taken back with null. */
  refuse(error: HostRefusedError | null): void
  /** As new: no dataset, no fault. */
  clear(): void
}

/** A ZFS pool in memory that keeps the port's contract. */
export function createFakeWorkspaces(root: string): FakeWorkspaces {
  const datasets = new Map<string, string[]>()
  let isAway = false
  let refusal: HostRefusedError | null = null

  function enter(signal: AbortSignal): void {
    if (isAway || signal.aborted) throw new HostAwayError('The storage pool does not answer.')
  }

  return {
    datasets,
    setAway(next) {
      isAway = next
    },
    refuse(error) {
      refusal = error
    },
    clear() {
      datasets.clear()
      isAway = false
      refusal = null
    },
    async check(signal) {
      enter(signal)
    },
    async observe(dataset, snapshot, signal) {
      if (isAway || signal.aborted) {
        return { kind: 'unknown', reason: 'The storage pool does not answer.' }
      }
      const snapshots = datasets.get(dataset)
      return {
        kind: 'known',
        isMounted: snapshots !== undefined,
        snapshotTaken: snapshot !== null && (snapshots ?? []).includes(snapshot),
      }
    },
    async ensure(dataset, signal) {
      assertDataset(root, dataset)
      enter(signal)
      if (refusal) throw refusal
      if (!datasets.has(dataset)) datasets.set(dataset, [])
      return `/${dataset}`
    },
    async snapshot(name, signal) {
      const dataset = assertSnapshot(root, name)
      enter(signal)
      if (refusal) throw refusal
      const snapshots = datasets.get(dataset)
      if (!snapshots) return 'no-workspace'
      if (!snapshots.includes(name)) snapshots.push(name)
      return 'taken'
    },
  }
}
