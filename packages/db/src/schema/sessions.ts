import type { LaunchStep, SessionStatus, SessionTier, StopStep } from '@medforge/contracts'
import type { Generated, GeneratedAlways } from 'kysely'
import type { SqlTime } from '../time.ts'

export type PacksTable = {
  id: string
  name: string
  tier: SessionTier
  status: Generated<'active' | 'deprecated'>
  /** Repository part of the image reference. */
  image_ref: string
  /** `sha256:…`; the image that runs is `image_ref@image_digest`. */
  image_digest: string
  created_at: SqlTime
}

export type GpuDevicesTable = {
  id: number
  /** Desired by the operator: whether sessions may have it, why not, and since when an earlier quarantine is cleared. */
  enabled: Generated<boolean>
  disabled_reason: string | null
  cleared_at: SqlTime | null
  /** From here on what was observed. */
  present: Generated<boolean>
  uuid: string | null
  model: string | null
  health: Generated<'unknown' | 'healthy' | 'failing'>
  health_reason: string | null
  /** `fault`: it failed or hung, and waits for the operator. `dirty`: in use by nobody's session; over as soon as it is clean. */
  quarantine: 'fault' | 'dirty' | null
  quarantined_at: SqlTime | null
  observed_at: SqlTime | null
}

export type SessionsTable = {
  id: string
  user_id: string
  tier: SessionTier
  pack_id: string
  status: SessionStatus
  /** Grows by one with every change of the row: the token of compare-and-set. */
  version: Generated<number>
  container_id: string | null
  gpu_id: number
  /** 1 while the status is active, else null: with `gpu_id` the unique key that makes a GPU exclusive. */
  gpu_active: GeneratedAlways<number | null>
  slug: string
  workspace_zfs: string
  /** What the workspace may hold, fixed when the session is launched; null: no limit. */
  workspace_quota_bytes: number | null
  created_at: SqlTime
  started_at: SqlTime | null
  stop_requested_at: SqlTime | null
  stopped_at: SqlTime | null
  /** Written for the owner. */
  error_message: string | null
  /** When its failure was written down: while the status is still active, it is being undone. A stop that is asked for takes it back. */
  failed_at: SqlTime | null
  /** Why the row is in its status, for the owner and the operator. */
  status_reason: string | null
  /** Fixed when the stop (or the death) is recorded, so that a repeated snapshot has the same name. */
  snapshot_name: string | null
  last_snapshot_name: string | null
  last_snapshot_at: SqlTime | null
  /** When `starting`, `stopping` or the undoing of a session that failed has taken too long; null where nothing waits. */
  deadline_at: SqlTime | null
  /** Before this time the reconciler leaves the row alone (its own backoff). */
  next_attempt_at: SqlTime | null
  attempts: Generated<number>
  request_id: string
}

/** What a person's datasets use, as the reconciler last measured it; a person without a row uses nothing. */
export type StorageUsageTable = {
  user_id: string
  /** All of it, snapshots included. */
  used_bytes: number
  /** What only snapshots hold. */
  snapshots_bytes: number
  measured_at: SqlTime
}

export type SessionEventsTable = {
  id: Generated<number>
  session_id: string
  kind: 'transition' | 'step'
  from_status: SessionStatus | null
  to_status: SessionStatus | null
  step: LaunchStep | StopStep | null
  /** How long a step took. */
  duration_ms: number | null
  reason: string | null
  request_id: string | null
  at: SqlTime
}

/**
 * A connection of the edge through which a login entered a session. Written by the server after its answer; a row that is written
 * again gets a new id, so that ids are in the order of the last use. Neither user nor login is named: whoever may use the token may go on.
 */
export type SessionAccessesTable = {
  id: Generated<number>
  /** As in `auth_sessions`; a hash that no login has is one that was replaced. */
  token_hash: Buffer
  session_id: string
  /** The client's end of the connection, `address:port` as Go and ss print it. Null: it may have been any. */
  client: string | null
  /** `client`, or the empty text: with token and session the unique key. */
  client_key: GeneratedAlways<string>
  /** HTTP/2, where an earlier request may still be answered when the next one comes. */
  is_multiplexed: boolean
  seen_at: SqlTime
}
