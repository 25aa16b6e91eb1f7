import type { SessionStatus } from '@medforge/contracts'

/**
 * The state machine as data: every status with those that may follow it. docs/sessions.md draws exactly this table.
 * Nothing leaves `stopped` or `error`.
 */
export const TRANSITIONS = {
  starting: ['running', 'stopping', 'error'],
  running: ['stopping', 'error'],
  stopping: ['stopped', 'error'],
  stopped: [],
  error: [],
} as const satisfies Record<SessionStatus, readonly SessionStatus[]>

export type TerminalStatus = 'stopped' | 'error'
export type ActiveStatus = Exclude<SessionStatus, TerminalStatus>

export function canTransition(from: SessionStatus, to: SessionStatus): boolean {
  return (TRANSITIONS[from] as readonly SessionStatus[]).includes(to)
}

export function isTerminal(status: SessionStatus): status is TerminalStatus {
  return TRANSITIONS[status].length === 0
}

/** How long a start and a stop may take. `running` has no limit: there is no lease. */
export type LifecycleLimits = { startTimeoutMs: number; stopTimeoutMs: number }

/** When a session that enters `status` at `at` is overdue; null for a status without a limit. */
export function deadlineOf(status: SessionStatus, at: Date, limits: LifecycleLimits): Date | null {
  if (status === 'starting') return new Date(at.getTime() + limits.startTimeoutMs)
  if (status === 'stopping') return new Date(at.getTime() + limits.stopTimeoutMs)
  return null
}

/**
 * The latest deadline that an active session can have at `at`: one that lies further away was set before the clock was put back.
 *
 * @param isFailing  it has failed and is being undone, for which it has as long as for a stop
 */
export function latestDeadlineOf(
  status: SessionStatus,
  isFailing: boolean,
  at: Date,
  limits: LifecycleLimits,
): Date | null {
  return deadlineOf(isFailing ? 'stopping' : status, at, limits)
}

export type SnapshotCause = 'stop' | 'death'

/** `<dataset>@stop-<unixms>` or `@death-<unixms>`. Written into the row before the snapshot is taken, so that every retry makes the same one. */
export function snapshotName(dataset: string, cause: SnapshotCause, at: Date): string {
  return `${dataset}@${cause}-${at.getTime()}`
}

/** Why a session has its status: `code` for logs, `text` for its owner (one or two sentences, no internals, 500 characters at most). */
export type Reason = { code: string; text: string }

/** Milliseconds until the next attempt, after this many failed ones before the last. */
export function attemptBackoffMs(attempts: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(attempts, 10), ATTEMPT_BACKOFF_MAX_MS)
}

const BACKOFF_FIRST_MS = 250
/** Well below the 60 s in which every disturbance has to be healed once its cause is gone. */
export const ATTEMPT_BACKOFF_MAX_MS = 10_000
