import { type Static, Type } from 'typebox'
import { UserRole } from './identity.ts'
import { Health } from './platform.ts'
import {
  changeOf,
  Id,
  ListQuery,
  literals,
  nullable,
  Timestamp,
  UUID_PATTERN,
} from './primitives.ts'
import { GPU_MODES, SESSION_STATUSES, Session, SessionStatusSchema } from './sessions.ts'

/** What the administrators' routes speak. */

export const AdminWorker = Type.Object({
  name: Type.String(),
  last_seen_at: Timestamp,
  is_alive: Type.Boolean({ description: 'Heard of within the last half minute.' }),
})

export const AdminOverview = Type.Object({
  health: Health,
  gpus: Type.Object({
    mode: literals(GPU_MODES),
    total: Type.Integer({ description: 'Enabled, present and healthy.' }),
    free: Type.Integer(),
  }),
  sessions: Type.Object({
    starting: Type.Integer(),
    running: Type.Integer(),
    stopping: Type.Integer(),
  }),
  queue: Type.Object({
    queued: Type.Integer(),
    scoring: Type.Integer(),
    oldest_created_at: nullable(Timestamp),
    failed_last_day: Type.Integer(),
  }),
  workers: Type.Array(AdminWorker),
  users: Type.Object({
    total: Type.Integer(),
    admins: Type.Integer(),
    disabled: Type.Integer(),
  }),
})
export type AdminOverview = Static<typeof AdminOverview>

export const AdminUser = Type.Object({
  user_id: Id,
  email: Type.String(),
  display_name: Type.String(),
  role: UserRole,
  max_concurrent_sessions: Type.Integer(),
  active_sessions: Type.Integer(),
  limits: Type.Object(
    {
      cpu: nullable(Type.Number()),
      memory_bytes: nullable(Type.Integer()),
      shm_bytes: nullable(Type.Integer()),
      storage_bytes: nullable(Type.Integer()),
    },
    {
      description:
        'Of one session, and `storage_bytes` of the person; null: what the installation gives everybody.',
    },
  ),
  storage: Type.Object(
    { used_bytes: Type.Integer(), snapshots_bytes: Type.Integer() },
    { description: 'What workspaces and snapshots use, and of that what only snapshots hold.' },
  ),
  created_at: Timestamp,
  disabled_at: nullable(Timestamp),
})
export type AdminUser = Static<typeof AdminUser>

export const AdminUserQuery = Type.Object({
  ...ListQuery.properties,
  q: Type.Optional(
    Type.String({ maxLength: 320, description: 'Part of the e-mail address or display name.' }),
  ),
})
export type AdminUserQuery = Static<typeof AdminUserQuery>

/** More than any host has GPUs: the figure bounds typing errors, not needs. */
export const SESSION_LIMIT_MAX = 64

export const AdminUserChange = changeOf({
  role: Type.Optional(UserRole),
  max_concurrent_sessions: Type.Optional(Type.Integer({ minimum: 0, maximum: SESSION_LIMIT_MAX })),
  is_disabled: Type.Optional(
    Type.Boolean({ description: 'True ends every login of the account at once.' }),
  ),
})
export type AdminUserChange = Static<typeof AdminUserChange>

export const UserIdParams = Type.Object({ user_id: Type.String({ pattern: UUID_PATTERN }) })

export const AdminSession = Type.Object({
  ...Session.properties,
  user_email: Type.String(),
  user_display_name: Type.String(),
})
export type AdminSession = Static<typeof AdminSession>

export const AdminSessionQuery = Type.Object({
  ...ListQuery.properties,
  status: Type.Optional(literals([...SESSION_STATUSES, 'active'])),
  user_id: Type.Optional(Type.String({ pattern: UUID_PATTERN })),
})
export type AdminSessionQuery = Static<typeof AdminSessionQuery>

export const AdminGpu = Type.Object({
  id: Type.Integer(),
  is_enabled: Type.Boolean({ description: 'Desired by the operator.' }),
  disabled_reason: nullable(Type.String()),
  is_present: Type.Boolean(),
  uuid: nullable(Type.String()),
  model: nullable(Type.String()),
  health: literals(['unknown', 'healthy', 'failing']),
  health_reason: nullable(Type.String()),
  /** Not handed out. `fault`: until it is enabled again; `dirty` (in use by no session): until it is clean. */
  quarantine: nullable(literals(['fault', 'dirty'])),
  quarantined_at: nullable(Timestamp),
  observed_at: nullable(Timestamp),
  session: nullable(
    Type.Object({
      id: Id,
      slug: Type.String(),
      status: SessionStatusSchema,
      user_id: Id,
      user_email: Type.String(),
      created_at: Timestamp,
    }),
  ),
})
export type AdminGpu = Static<typeof AdminGpu>

export const AdminGpuChange = Type.Object({ is_enabled: Type.Boolean() })
export const GpuIdParams = Type.Object({ gpu_id: Type.String({ pattern: '^\\d{1,4}$' }) })

export const AuditEvent = Type.Object({
  id: Type.Integer(),
  at: Timestamp,
  actor_user_id: nullable(Id),
  actor_email: nullable(Type.String({ description: 'Null: the operator, from the command line.' })),
  action: Type.String(),
  subject: Type.String(),
  detail: nullable(Type.Record(Type.String(), Type.Unknown())),
  request_id: nullable(Type.String()),
})
export type AuditEvent = Static<typeof AuditEvent>

export const AuditQuery = Type.Object({
  ...ListQuery.properties,
  action: Type.Optional(Type.String({ maxLength: 100 })),
  actor_user_id: Type.Optional(Type.String({ pattern: UUID_PATTERN })),
  subject: Type.Optional(Type.String({ maxLength: 200 })),
})
export type AuditQuery = Static<typeof AuditQuery>
