import type { SessionStatus } from '@medforge/contracts'
import { isTerminal } from '@medforge/core'
import type { Row } from './evaluate.ts'

export type Table = {
  key: string
  /** The key is a number of its own. */
  isNumbered?: true
  /** Every column that an INSERT may leave out, with what it has then. */
  defaults: Row
  /** By name. */
  unique?: Readonly<Record<string, readonly string[]>>
  /** Columns that follow from others. */
  generate?(row: Row): Row
  /** Whether a row may stand there. */
  check?(row: Row): boolean
}

const nulls = (...columns: string[]): Row => Object.fromEntries(columns.map((each) => [each, null]))
const STATUSES = ['starting', 'running', 'stopping', 'stopped', 'error']

/** What `packages/db/src/migrations` says of the tables that sessions are made of; the contract compares the two. */
export const TABLES: Readonly<Record<string, Table>> = {
  users: {
    key: 'id',
    defaults: {
      role: 'user',
      max_concurrent_sessions: 1,
      ...nulls('cpu_limit', 'memory_limit_bytes', 'shm_limit_bytes', 'storage_limit_bytes'),
      ...nulls('disabled_at', 'demoted_at'),
    },
  },
  packs: { key: 'id', defaults: { status: 'active' } },
  gpu_devices: {
    key: 'id',
    defaults: {
      ...{ enabled: true, present: false, health: 'unknown' },
      ...nulls('disabled_reason', 'cleared_at', 'uuid', 'model', 'health_reason', 'quarantine'),
      ...nulls('quarantined_at', 'observed_at'),
    },
  },
  sessions: {
    key: 'id',
    unique: { sessions_slug: ['slug'], sessions_gpu_active: ['gpu_id', 'gpu_active'] },
    defaults: {
      ...{ version: 1, attempts: 0 },
      ...nulls('container_id', 'workspace_quota_bytes', 'started_at', 'stop_requested_at'),
      ...nulls('stopped_at', 'error_message', 'failed_at', 'status_reason', 'snapshot_name'),
      ...nulls('last_snapshot_name', 'last_snapshot_at', 'deadline_at', 'next_attempt_at'),
    },
    generate: (row) => ({ ...row, gpu_active: isTerminal(row.status as SessionStatus) ? null : 1 }),
    check: ({ status, container_id, stopped_at }) =>
      STATUSES.includes(status as string) &&
      (!isTerminal(status as SessionStatus) || (container_id === null && stopped_at !== null)),
  },
  session_events: {
    key: 'id',
    isNumbered: true,
    defaults: nulls('from_status', 'to_status', 'step', 'duration_ms', 'reason', 'request_id'),
  },
  storage_usage: { key: 'user_id', defaults: {} },
  platform_state: { key: 'name', defaults: {} },
  audit_events: {
    key: 'id',
    isNumbered: true,
    defaults: nulls('actor_user_id', 'detail', 'request_id'),
  },
}
