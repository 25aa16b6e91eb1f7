import { type Session, sessionUrl } from '@medforge/contracts'
import type { SessionRow } from '@medforge/core'
import { isTerminal } from '@medforge/core'
import { toTimestamp } from '@medforge/db'

/** A session as the wire shows it. A terminal one holds no container and no GPU. */
export function toSession(row: SessionRow, domain: string): Session {
  const { last_snapshot_name: name, last_snapshot_at: at } = row
  return {
    id: row.id,
    user_id: row.user_id,
    tier: row.tier,
    pack_id: row.pack_id,
    status: row.status,
    container_id: row.container_id,
    gpu_id: isTerminal(row.status) ? null : row.gpu_id,
    slug: row.slug,
    workspace_zfs: row.workspace_zfs,
    created_at: toTimestamp(row.created_at),
    started_at: row.started_at === null ? null : toTimestamp(row.started_at),
    stopped_at: row.stopped_at === null ? null : toTimestamp(row.stopped_at),
    error_message: row.error_message,
    url: sessionUrl(row.slug, domain),
    status_reason: row.status_reason,
    last_snapshot: name === null || at === null ? null : { name, created_at: toTimestamp(at) },
  }
}
