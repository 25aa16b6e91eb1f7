import type { PoolRoom, StorageUsage } from '@medforge/core'

/**
 * What ZFS says about a session's workspace. `unknown` (the pool or its command away) is never "not there".
 * `snapshotTaken` is about the snapshot that was asked for, false when none was.
 */
export type WorkspaceFact =
  | { kind: 'unknown'; reason: string }
  | { kind: 'known'; isMounted: boolean; snapshotTaken: boolean }

export type SnapshotOutcome = 'taken' | 'no-workspace'

/**
 * The one door to ZFS. Takes server-made names only (checked against a grammar), speaks argument arrays, gives each command its own
 * process and time limit, and rejects with `HostAwayError` or `HostRefusedError`. Destroys nothing.
 */
export interface SessionWorkspaces {
  /** Never rejects. Costs no process unless `snapshot` is given. */
  observe(dataset: string, snapshot: string | null, signal: AbortSignal): Promise<WorkspaceFact>
  /**
   * The dataset exists, is mounted, belongs to 1000:1000, and the returned host path was seen to be this dataset's own mount and not a
   * directory of the disk below it.
   *
   * @param quotaBytes  what a dataset that is made now may hold, its snapshots not counted, so that deleting always works; null: no limit
   * @throws HostRefusedError `pool_full`, `workspace_not_mounted`, `workspace_refused`
   */
  ensure(dataset: string, signal: AbortSignal, quotaBytes?: number | null): Promise<string>
  /** The snapshot exists, made now or before: repeating a name is success. `no-workspace`: there is no such dataset on a pool that answers. */
  snapshot(name: string, signal: AbortSignal): Promise<SnapshotOutcome>
  /** Every workspace that is mounted now, whoever made it. Costs no process. */
  listMounted(): Promise<string[]>
  /**
   * The workspace is not mounted any more, and no start of the host mounts it; its files and snapshots stay. Repeating it is success.
   * `busy`: somebody has it open, so it stays mounted.
   */
  release(dataset: string, signal: AbortSignal): Promise<'released' | 'busy'>
  /** Resolves when the pool answers, its file systems too, and the root of the workspaces is mounted; else rejects with `HostAwayError`. */
  check(signal: AbortSignal): Promise<PoolRoom>
  /** What everybody's datasets use in all, in bytes, by the person's id. ZFS counts what was written some seconds later, and at a snapshot. */
  measurePeople(signal: AbortSignal): Promise<ReadonlyMap<string, number>>
  /** What one person's datasets use; nothing where there are none. */
  measurePerson(userId: string, signal: AbortSignal): Promise<StorageUsage>
}
