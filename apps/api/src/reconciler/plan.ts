import type { SessionStatus } from '@medforge/contracts'
import { type Reason, type SnapshotCause, snapshotName } from '@medforge/core/lifecycle'
import { FAILURES } from '@medforge/core/reasons'
import type { ContainerFact } from './runtime/port.ts'
import type { WorkspaceFact } from './workspace/port.ts'

/** What the planner looks at in a row. */
export type PlannedRow = {
  status: SessionStatus
  container_id: string | null
  workspace_zfs: string
  /** `deadline_at` in milliseconds since the epoch. */
  deadlineMs: number | null
  /** When a last snapshot that cannot be taken is given up; null: not before the container was seen gone. */
  snapshotDeadlineMs: number | null
  /** Not null while the status is still active: the session is being undone. */
  failed_at: string | null
  snapshot_name: string | null
}

export type Observation = {
  row: PlannedRow
  container: ContainerFact
  workspace: WorkspaceFact
}

/**
 * One idempotent thing to do. The actions of a plan are performed in order; the first that cannot be finished ends the plan, and the next
 * observation makes a new one.
 */
export type SessionAction =
  /** Too little is known to touch anything. */
  | { kind: 'wait'; reason: Reason }
  | { kind: 'ensure-workspace' }
  | { kind: 'start-container' }
  | { kind: 'await-ready' }
  | { kind: 'mark-running' }
  /** Write down that the session has failed, and the name of its last snapshot if one is to be taken. The next plan undoes it. */
  | { kind: 'record-failure'; failure: Reason; snapshotName: string | null }
  | { kind: 'remove-container'; containerId: string }
  /** `isLastTry`: past the snapshot's deadline, so if it fails now the session ends without it. */
  | { kind: 'take-snapshot'; name: string; isLastTry: boolean }
  | { kind: 'mark-stopped' }
  | { kind: 'mark-error' }
  /** Past its deadline and still not done: report it, keep everything reserved, retry. */
  | { kind: 'report-overdue'; reason: Reason }

/**
 * What to do about a session, given its row, its container, its workspace and the time. Pure and total; it never throws.
 *
 * - `unknown` leads to waiting and never to a conclusion, except that a deadline of `starting` passes all the same.
 * - A container is removed before a snapshot is taken, and seen absent before a row becomes terminal: only then is its GPU free.
 * - An empty plan means that host and row agree.
 */
export function planSession(observed: Observation, now: Date): SessionAction[] {
  switch (observed.row.status) {
    case 'starting':
      return planStart(observed, now)
    case 'running':
      return planRun(observed, now)
    case 'stopping':
      return planStop(observed, now)
    case 'stopped':
    case 'error':
      return []
  }
}

const LAUNCH: SessionAction[] = [
  { kind: 'ensure-workspace' },
  { kind: 'start-container' },
  { kind: 'await-ready' },
  { kind: 'mark-running' },
]

function planStart(observed: Observation, now: Date): SessionAction[] {
  const { row, container } = observed
  if (row.failed_at !== null) return planUndo(observed, now)
  if (isOverdue(row, now)) return [fail(row, startOverdue(container), now, hasRun(observed))]
  if (container.kind === 'unknown') return [{ kind: 'wait', reason: FAILURES.dockerAway }]
  if (container.kind === 'foreign') return [fail(row, FAILURES.nameTaken, now, false)]
  if (container.kind === 'absent') {
    return row.container_id === null ? LAUNCH : [fail(row, FAILURES.removedByOthers, now, true)]
  }
  if (container.state === 'ended') return [fail(row, endedReason(container), now, true)]
  return container.state === 'created'
    ? LAUNCH
    : [{ kind: 'await-ready' }, { kind: 'mark-running' }]
}

function planRun(observed: Observation, now: Date): SessionAction[] {
  const { row, container } = observed
  if (row.failed_at !== null) return planUndo(observed, now)
  if (container.kind === 'unknown') return [{ kind: 'wait', reason: FAILURES.dockerAway }]
  if (container.kind !== 'present') return [fail(row, FAILURES.removedByOthers, now, true)]
  if (container.state === 'running') return []
  const end = container.state === 'ended' ? endedReason(container) : FAILURES.ended(null)
  return [fail(row, end, now, true)]
}

function planStop(observed: Observation, now: Date): SessionAction[] {
  const { row, container } = observed
  const overdue: SessionAction[] = isOverdue(row, now)
    ? [{ kind: 'report-overdue', reason: FAILURES.stopOverdue }]
    : []
  if (container.kind === 'unknown') {
    return [...overdue, { kind: 'wait', reason: FAILURES.dockerAway }]
  }
  const actions: SessionAction[] = [...removal(container), ...lastSnapshot(observed, now)]
  const isStillThere = container.kind === 'present'
  return [...(isStillThere ? overdue : []), ...actions, { kind: 'mark-stopped' }]
}

/** A failed session: container away, then its snapshot if one was promised, then `error`. */
function planUndo(observed: Observation, now: Date): SessionAction[] {
  if (observed.container.kind === 'unknown') return [{ kind: 'wait', reason: FAILURES.dockerAway }]
  return [...removal(observed.container), ...lastSnapshot(observed, now), { kind: 'mark-error' }]
}

function removal(container: ContainerFact): SessionAction[] {
  return container.kind === 'present'
    ? [{ kind: 'remove-container', containerId: container.id }]
    : []
}

function lastSnapshot({ row, workspace }: Observation, now: Date): SessionAction[] {
  if (row.snapshot_name === null) return []
  if (workspace.kind === 'known' && workspace.snapshotTaken) return []
  const isLastTry = row.snapshotDeadlineMs !== null && now.getTime() >= row.snapshotDeadlineMs
  if (workspace.kind === 'unknown' && !isLastTry) {
    return [{ kind: 'wait', reason: FAILURES.poolAway }]
  }
  return [{ kind: 'take-snapshot', name: row.snapshot_name, isLastTry }]
}

function fail(row: PlannedRow, failure: Reason, now: Date, withSnapshot: boolean): SessionAction {
  const cause: SnapshotCause = 'death'
  const name = withSnapshot ? snapshotName(row.workspace_zfs, cause, now) : null
  return { kind: 'record-failure', failure, snapshotName: name }
}

/** Whether the person may have had a chance to leave something in the workspace. */
function hasRun({ row, container }: Observation): boolean {
  if (row.container_id !== null) return true
  return container.kind === 'present' && container.state !== 'created'
}

function isOverdue(row: PlannedRow, now: Date): boolean {
  return row.deadlineMs !== null && now.getTime() >= row.deadlineMs
}

function startOverdue(container: ContainerFact): Reason {
  if (container.kind === 'unknown') return FAILURES.startOverdueDocker
  return container.kind === 'present' && container.state === 'running'
    ? FAILURES.startOverdueReady
    : FAILURES.startOverdueHost
}

function endedReason(container: { exitCode: number | null; oomKilled: boolean }): Reason {
  if (container.oomKilled) return FAILURES.outOfMemory
  return FAILURES.ended(container.exitCode)
}
