import type { Generated } from 'kysely'
import type { SqlTime } from '../time.ts'

export type AuditEventsTable = {
  id: Generated<number>
  /** Null where the operator acted from the command line. */
  actor_user_id: string | null
  action: string
  subject: string
  /** JSON text. */
  detail: string | null
  request_id: string | null
  at: SqlTime
}

/** Small facts that processes share: the reconciler's heartbeat, the epoch of who may enter a session. */
export type PlatformStateTable = {
  name: string
  /** JSON text. */
  value: string
  updated_at: SqlTime
}
