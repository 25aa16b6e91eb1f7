import { assertDataset, assertSnapshot } from '@medforge/core'
import { HostAwayError, type HostRefusedError } from '../host-error.ts'
import type { SessionWorkspaces } from './port.ts'

export interface FakeWorkspaces extends SessionWorkspaces {
  /** Every dataset with the names of its snapshots, in the order they were taken. */
  readonly datasets: ReadonlyMap<string, string[]>
  /** Those that are mounted. */
  readonly mounted: ReadonlySet<string>
  /** Somebody has this workspace open, or no longer. */
  setBusy(dataset: string, isBusy: boolean): void
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
  const mounted = new Set<string>()
  const busy = new Set<string>()
  let isAway = false
  let refusal: HostRefusedError | null = null

  function enter(signal: AbortSignal): void {
    if (isAway || signal.aborted) throw new HostAwayError('The storage pool does not answer.')
  }

  return {
    datasets,
    mounted,
    setBusy(dataset, isBusy) {
      if (isBusy) busy.add(dataset)
      else busy.delete(dataset)
    },
    setAway(next) {
      isAway = next
    },
    refuse(error) {
      refusal = error
    },
    clear() {
      datasets.clear()
      mounted.clear()
      busy.clear()
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
        isMounted: mounted.has(dataset),
        snapshotTaken: snapshot !== null && (snapshots ?? []).includes(snapshot),
      }
    },
    async ensure(dataset, signal) {
      assertDataset(root, dataset)
      enter(signal)
      if (refusal) throw refusal
      if (!datasets.has(dataset)) datasets.set(dataset, [])
      mounted.add(dataset)
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
    listMounted: async () => [...mounted],
    async release(dataset, signal) {
      assertDataset(root, dataset)
      enter(signal)
      if (busy.has(dataset)) return 'busy'
      mounted.delete(dataset)
      return 'released'
    },
  }
}
