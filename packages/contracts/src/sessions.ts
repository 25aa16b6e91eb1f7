import { type Static, Type } from 'typebox'
import { Id, literals, nullable, Timestamp, UUID_PATTERN } from './primitives.ts'

export const SESSION_STATUSES = ['starting', 'running', 'stopping', 'stopped', 'error'] as const
export const ACTIVE_SESSION_STATUSES = ['starting', 'running', 'stopping'] as const
export type SessionStatus = (typeof SESSION_STATUSES)[number]
export const SessionStatusSchema = literals(SESSION_STATUSES)

export function isActiveStatus(status: SessionStatus): boolean {
  return (ACTIVE_SESSION_STATUSES as readonly string[]).includes(status)
}

export const SESSION_TIERS = ['public', 'private'] as const
export type SessionTier = (typeof SESSION_TIERS)[number]
export const SessionTierSchema = literals(SESSION_TIERS)

export const GPU_MODES = ['nvidia', 'simulated'] as const
export type GpuMode = (typeof GPU_MODES)[number]

export const DEFAULT_PACK_ID = '00000000-0000-0000-0000-000000000100'
export const SEEDED_GPU_IDS = [0, 1, 2, 3, 4, 5, 6] as const

/** A slug as it is minted: eight characters of `SESSION_SLUG_ALPHABET`. */
export const SESSION_SLUG_PATTERN = '^[a-z2-7]{8}$'
export const SESSION_SLUG_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * The first label of a session's host, with the slug as its only group. For recognising such a host in origins and links: wider than
 * what is minted, so that a look-alike counts as user content too. Lower case, unanchored.
 */
export const SESSION_HOST_LABEL_PATTERN = 's-([a-z0-9]{8})'
export const SESSION_PORT = 8080

export function sessionContainerName(slug: string): string {
  return `mf-session-${slug}`
}

/**
 * The IDE's address. It names the folder, although the bare host shows the same one: opened as code-server's default folder, the file
 * tree of 4.139.1 does not follow changes that a terminal makes.
 */
export function sessionUrl(slug: string, domain: string): string {
  return `https://s-${slug}.medforge.${domain}/?folder=/workspace`
}

export const SessionSnapshot = Type.Object({ name: Type.String(), created_at: Timestamp })
export type SessionSnapshot = Static<typeof SessionSnapshot>

export const Session = Type.Object({
  id: Id,
  user_id: Id,
  tier: SessionTierSchema,
  pack_id: Id,
  status: SessionStatusSchema,
  container_id: nullable(Type.String()),
  gpu_id: nullable(Type.Integer()),
  slug: Type.String({ pattern: SESSION_SLUG_PATTERN }),
  workspace_zfs: Type.String(),
  created_at: Timestamp,
  started_at: nullable(Timestamp),
  stopped_at: nullable(Timestamp),
  error_message: nullable(Type.String()),
  url: Type.String(),
  status_reason: nullable(Type.String()),
  last_snapshot: nullable(SessionSnapshot),
})
export type Session = Static<typeof Session>

export const CreateSessionRequest = Type.Object({
  tier: Type.Optional(SessionTierSchema),
  pack_id: Type.Optional(nullable(Type.String({ pattern: UUID_PATTERN }))),
})
export type CreateSessionRequest = Static<typeof CreateSessionRequest>

export const CreateSessionResult = Type.Object({
  message: Type.Literal('Session started.'),
  session: Session,
})
export type CreateSessionResult = Static<typeof CreateSessionResult>

export const CurrentSession = Type.Object({ session: nullable(Session) })
export type CurrentSession = Static<typeof CurrentSession>

export const SessionIdParams = Type.Object({ id: Type.String({ pattern: UUID_PATTERN }) })
export type SessionIdParams = Static<typeof SessionIdParams>

/**
 * The steps of a launch, in order. Each is recorded as an event row and streamed to the dashboard.
 * `allocated` is the commit of the row itself; `ready` is the IDE's first answer.
 */
export const LAUNCH_STEPS = ['allocated', 'workspace', 'container', 'ready'] as const
export type LaunchStep = (typeof LAUNCH_STEPS)[number]

/** The steps of a stop, in order. */
export const STOP_STEPS = ['container_removed', 'snapshot'] as const
export type StopStep = (typeof STOP_STEPS)[number]

export const SESSION_EVENT_KINDS = ['transition', 'step'] as const

/**
 * One message of `GET /sessions/{id}/events`: the SSE `id` is `id`, the SSE event name is `kind`.
 * `step` names what was just finished; `usual_ms` is how long that step usually takes (median of the recent ones), null until known.
 */
export const SessionEvent = Type.Object({
  id: Type.String({ description: 'Increases within a session; resume with `Last-Event-ID`.' }),
  session_id: Id,
  kind: literals(SESSION_EVENT_KINDS),
  from_status: nullable(SessionStatusSchema),
  to_status: nullable(SessionStatusSchema),
  step: nullable(literals([...LAUNCH_STEPS, ...STOP_STEPS])),
  reason: nullable(Type.String()),
  usual_ms: nullable(Type.Integer()),
  at: Timestamp,
})
export type SessionEvent = Static<typeof SessionEvent>
