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
    Type.String({
      maxLength: 320,
      description: 'Id of a person, or part of the e-mail address or display name.',
    }),
  ),
})
export type AdminUserQuery = Static<typeof AdminUserQuery>

/** More than any host has GPUs: the figure bounds typing errors, not needs. */
export const SESSION_LIMIT_MAX = 64

const MIB = 1024 ** 2
const GIB = 1024 ** 3

/** Bounds of what one person may be given, in processors and bytes; the largest are beyond any host. */
export const LIMIT_RANGES = {
  cpu: { minimum: 0.1, maximum: 1024 },
  memory_bytes: { minimum: 256 * MIB, maximum: 64 * 1024 * GIB },
  shm_bytes: { minimum: MIB, maximum: 64 * 1024 * GIB },
  storage_bytes: { minimum: GIB, maximum: Number.MAX_SAFE_INTEGER },
} as const

export const AdminUserChange = changeOf({
  role: Type.Optional(UserRole),
  max_concurrent_sessions: Type.Optional(Type.Integer({ minimum: 0, maximum: SESSION_LIMIT_MAX })),
  limits: Type.Optional(
    changeOf({
      cpu: Type.Optional(nullable(Type.Number(LIMIT_RANGES.cpu))),
      memory_bytes: Type.Optional(nullable(Type.Integer(LIMIT_RANGES.memory_bytes))),
      shm_bytes: Type.Optional(nullable(Type.Integer(LIMIT_RANGES.shm_bytes))),
      storage_bytes: Type.Optional(nullable(Type.Integer(LIMIT_RANGES.storage_bytes))),
    }),
  ),
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
      /** When a browser last asked for a page or file of the IDE; an open page works on without asking. Null: nobody did. */
      last_entered_at: nullable(Timestamp),
    }),
  ),
})
export type AdminGpu = Static<typeof AdminGpu>

/** Characters of the reason why a GPU is disabled. */
export const GPU_REASON_MAX = 300

export const AdminGpuChange = Type.Object({
  is_enabled: Type.Boolean(),
  reason: Type.Optional(
    Type.String({
      maxLength: GPU_REASON_MAX,
      description: 'Why it is disabled, for other administrators.',
    }),
  ),
})
export type AdminGpuChange = Static<typeof AdminGpuChange>
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

export const AdminVersions = Type.Object({
  api: Type.String({ description: 'Of the wire contract.' }),
  node: Type.String(),
  database: Type.String(),
  migration: Type.String({ description: 'The newest that has run.' }),
  scorer: Type.String(),
  competitions: Type.Array(
    Type.Object({
      slug: Type.String(),
      metric_version: Type.String(),
      evaluation_split_version: Type.String(),
      manifest_sha256: Type.String(),
      holdout_kind: literals(['demo', 'operator']),
      is_imported: Type.Boolean({ description: 'Pinned: an update does not change its texts.' }),
    }),
  ),
})
export type AdminVersions = Static<typeof AdminVersions>
