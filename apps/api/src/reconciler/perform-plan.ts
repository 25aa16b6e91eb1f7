import { type LifecycleLimits, type Reason, SNAPSHOT_FAILED } from '@medforge/core'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import { awaitReady } from './actions/await-ready.ts'
import { ensureWorkspace } from './actions/ensure-workspace.ts'
import { markError } from './actions/mark-error.ts'
import { markRunning } from './actions/mark-running.ts'
import { markStopped } from './actions/mark-stopped.ts'
import { recordFailure } from './actions/record-failure.ts'
import { recordUsage } from './actions/record-usage.ts'
import { removeContainer } from './actions/remove-container.ts'
import { reportOverdue } from './actions/report-overdue.ts'
import type { SessionWork } from './actions/session-work.ts'
import { startContainer } from './actions/start-container.ts'
import { takeSnapshot } from './actions/take-snapshot.ts'
import type { AssertFit } from './gpus/check.ts'
import type { HostState } from './host/state.ts'
import { HostAwayError, HostRefusedError } from './host-error.ts'
import type { SessionAction } from './plan.ts'
import type { SessionRuntime } from './runtime/port.ts'
import type { ReadinessProbe } from './runtime/readiness.ts'
import type { SessionWorkspaces } from './workspace/port.ts'
import type { UsageRecorder } from './workspace/usage.ts'

/** What the actions need between them; each takes what it names. */
export type ActionDeps = {
  clock: Clock
  limits: LifecycleLimits
  runtime: SessionRuntime
  workspaces: SessionWorkspaces
  readiness: ReadinessProbe
  host: Pick<HostState, 'startBlocker'>
  usage: UsageRecorder
  assertGpuFit: AssertFit
  failpoint: Failpoint
}

/** What became of a plan. `again`: row or host have changed, observe them anew at once; `retry`: after a pause. */
export type PlanOutcome = { kind: 'done' } | { kind: 'again' } | { kind: 'retry'; reason: Reason }

const DONE: PlanOutcome = { kind: 'done' }
const AGAIN: PlanOutcome = { kind: 'again' }

/** What earlier actions of a plan leave to later ones. */
type Progress = {
  workspacePath: string | null
  containerId: string | null
  snapshot: string | null
  /** Why the session is late; it stays the owner's reason, whatever the retry meets. */
  overdue: Reason | null
}

/**
 * Perform the actions in order; the first that cannot be finished ends the plan. Killed at any point, it leaves a row and labels from
 * which the next plan goes on.
 *
 * @throws when the database is away and not even the failure could be written down
 */
export async function performPlan(
  deps: ActionDeps,
  work: SessionWork,
  plan: readonly SessionAction[],
  superseded: AbortSignal,
): Promise<PlanOutcome> {
  const progress = startOf(work)
  try {
    for (const action of plan) {
      const outcome = await performAction(deps, work, action, progress, superseded)
      if (outcome) return outcome
    }
    return DONE
  } catch (error) {
    return await handleFailure(deps, work, error, progress.overdue)
  } finally {
    await work.record.flush()
  }
}

function startOf({ row, observation: { container, workspace } }: SessionWork): Progress {
  const isSnapshotTaken = workspace.kind === 'known' && workspace.snapshotTaken
  return {
    workspacePath: null,
    containerId: container.kind === 'present' ? container.id : row.container_id,
    snapshot: isSnapshotTaken ? row.snapshot_name : null,
    overdue: null,
  }
}

/** @returns null to go on with the next action */
async function performAction(
  deps: ActionDeps,
  work: SessionWork,
  action: SessionAction,
  progress: Progress,
  superseded: AbortSignal,
): Promise<PlanOutcome | null> {
  const { row } = work
  const ended = (won: boolean) => (won ? DONE : AGAIN)
  switch (action.kind) {
    case 'wait':
      return { kind: 'retry', reason: progress.overdue ?? action.reason }
    case 'ensure-workspace':
      progress.workspacePath = await ensureWorkspace(deps, work)
      return null
    case 'start-container': {
      if (progress.workspacePath === null) throw new Error('A container needs its workspace first.')
      progress.containerId = await startContainer(deps, work, progress.workspacePath)
      return progress.containerId === null ? AGAIN : null
    }
    case 'await-ready':
      return (await awaitReady(deps, work, superseded)) ? null : AGAIN
    case 'mark-running':
      return ended(await markRunning(deps, work, progress.containerId))
    case 'record-failure':
      await recordFailure(deps, work, action.failure, action.snapshotName)
      return AGAIN
    case 'remove-container':
      await removeContainer(deps, work, action.containerId)
      return null
    case 'take-snapshot': {
      const outcome = await takeSnapshot(deps, work, action)
      if (outcome === 'taken') progress.snapshot = action.name
      if (outcome !== 'given-up') return null
      const message = [row.error_message, SNAPSHOT_FAILED.text].filter(Boolean).join(' ')
      return ended(await markError(deps, work, message, progress.snapshot))
    }
    case 'mark-stopped':
      await recordUsage(deps, work)
      return ended(await markStopped(deps, work, progress.snapshot))
    case 'mark-error': {
      await recordUsage(deps, work)
      const message = row.error_message ?? SNAPSHOT_FAILED.text
      return ended(await markError(deps, work, message, progress.snapshot))
    }
    case 'report-overdue':
      progress.overdue = action.reason
      await reportOverdue(work, action.reason)
      return null
  }
}

/** A clear no of the host ends a start; everything else is retried. */
async function handleFailure(
  deps: ActionDeps,
  work: SessionWork,
  error: unknown,
  overdue: Reason | null,
): Promise<PlanOutcome> {
  const { row, logger, signal } = work
  if (signal.aborted) return DONE
  logger[error instanceof HostAwayError ? 'warn' : 'error'](
    { err: error },
    'session.recovery.failure',
  )
  const isStarting = row.status === 'starting' && row.failed_at === null
  if (error instanceof HostRefusedError && isStarting) {
    await recordFailure(deps, work, error, null)
    return AGAIN
  }
  const isKnown = error instanceof HostRefusedError || error instanceof HostAwayError
  const text = isKnown ? error.text : 'Something unforeseen happened; trying again.'
  return { kind: 'retry', reason: overdue ?? { code: 'retry', text } }
}
