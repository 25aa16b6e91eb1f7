import type { RowPatch } from '@medforge/core'
import { toSqlTime } from '@medforge/db'

/** The columns that both terminal statuses share: the session holds nothing, and names the snapshot that was taken. */
export function terminalFacts(at: Date, snapshotName: string | null): RowPatch {
  const stoppedAt = toSqlTime(at)
  const snapshot = { last_snapshot_name: snapshotName, last_snapshot_at: stoppedAt }
  return {
    container_id: null,
    stopped_at: stoppedAt,
    deadline_at: null,
    ...(snapshotName === null ? {} : snapshot),
  }
}
