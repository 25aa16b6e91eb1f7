import {
  assertDataset,
  assertSnapshot,
  type PoolRoom,
  personDataset,
  personOf,
  type StorageUsage,
} from '@medforge/core'
import { HostAwayError, type HostRefusedError } from '../host-error.ts'
import type { SessionWorkspaces } from './port.ts'

export interface FakeWorkspaces extends SessionWorkspaces {
  /** Every dataset with the names of its snapshots, in the order they were taken. */
  readonly datasets: ReadonlyMap<string, string[]>
  /** Writes that many bytes into a workspace. @throws Error beyond its quota */
  write(dataset: string, bytes: number): void
  /** Deletes every file of a workspace; what its snapshots hold stays. */
  removeFiles(dataset: string): void
  /** Somebody destroys a workspace with its snapshots. */
  destroy(dataset: string): void
  /** The room of the pool. */
  setRoom(room: PoolRoom): void
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

/** What a workspace holds; `deletedBytes` only its snapshots do. */
type Files = { bytes: number; deletedBytes: number; quotaBytes: number }

const POOL_BYTES = 20 * 1024 ** 3
const EMPTY_POOL: PoolRoom = { sizeBytes: POOL_BYTES, availableBytes: POOL_BYTES }

/** A ZFS pool in memory that keeps the port's contract. */
export function createFakeWorkspaces(root: string): FakeWorkspaces {
  const datasets = new Map<string, string[]>()
  const files = new Map<string, Files>()
  const mounted = new Set<string>()
  const busy = new Set<string>()
  let room = EMPTY_POOL
  let isAway = false
  let refusal: HostRefusedError | null = null

  function enter(signal: AbortSignal): void {
    if (isAway || signal.aborted) throw new HostAwayError('The storage pool does not answer.')
  }

  function filesOf(dataset: string): Files {
    const known = files.get(dataset)
    if (!known) throw new Error(`No workspace ${dataset} in the fake.`)
    return known
  }

  function usageOf(person: string): StorageUsage {
    const usage = { usedBytes: 0, snapshotsBytes: 0 }
    for (const [dataset, { bytes, deletedBytes }] of files) {
      if (personOf(dataset) !== person) continue
      usage.usedBytes += bytes + deletedBytes
      usage.snapshotsBytes += deletedBytes
    }
    return usage
  }

  return {
    datasets,
    mounted,
    setRoom(next) {
      room = next
    },
    write(dataset, bytes) {
      const known = filesOf(dataset)
      if (known.bytes + bytes > known.quotaBytes) throw new Error('Disk quota exceeded')
      known.bytes += bytes
    },
    removeFiles(dataset) {
      const known = filesOf(dataset)
      if ((datasets.get(dataset) ?? []).length > 0) known.deletedBytes += known.bytes
      known.bytes = 0
    },
    destroy(dataset) {
      datasets.delete(dataset)
      files.delete(dataset)
      mounted.delete(dataset)
    },
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
      files.clear()
      mounted.clear()
      busy.clear()
      room = EMPTY_POOL
      isAway = false
      refusal = null
    },
    async check(signal) {
      enter(signal)
      return room
    },
    async measurePeople(signal) {
      enter(signal)
      const people = new Set([...datasets.keys()].map(personOf))
      return new Map(
        [...people].map((person) => [person.slice(root.length + 1), usageOf(person).usedBytes]),
      )
    },
    async measurePerson(userId, signal) {
      enter(signal)
      return usageOf(personDataset(root, userId))
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
    async ensure(dataset, signal, quotaBytes) {
      assertDataset(root, dataset)
      enter(signal)
      if (refusal) throw refusal
      if (!datasets.has(dataset)) {
        datasets.set(dataset, [])
        const limit = quotaBytes ?? Number.POSITIVE_INFINITY
        files.set(dataset, { bytes: 0, deletedBytes: 0, quotaBytes: limit })
      }
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
