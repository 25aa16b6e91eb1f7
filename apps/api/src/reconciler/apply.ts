import type { LifecycleLimits, Reason } from '@medforge/core'
import {
  DATABASE_AWAY,
  READY,
  type RowPatch,
  type RowToken,
  recordStep,
  recordStepIn,
  recordTransition,
  type SessionTransition,
  SNAPSHOT_FAILED,
  STOPPED,
  type Step,
  updateFacts,
} from '@medforge/core'
import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { type Failpoint, noFailpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import type { AssertFit } from './gpus/check.ts'
import { HostAwayError, HostRefusedError } from './host-error.ts'
import type { Observation, SessionAction } from './plan.ts'
import type { WorkRow } from './repository.ts'
import type { SessionRuntime } from './runtime/port.ts'
import type { SessionWorkspaces } from './workspace/port.ts'

export type ApplyDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  runtime: SessionRuntime
  workspaces: SessionWorkspaces
  limits: LifecycleLimits
  /** Why no container may be started now (the firewall is missing), or null. */
  whyClosed(): Reason | null
  /** Waits for the IDE's first answer for a short while; false: not yet, or something happened. Look again. */
  awaitReady(slug: string): Promise<boolean>
  changed(sessionId: string): void
  failpoint?: Failpoint
  /** Throws where the session's GPU is not to be used, or is not yet known to be clean. */
  assertGpuFit?: AssertFit
}

/** What became of a plan: `again`: look at the host once more, now; `retry`: after a pause; `settled`: nothing left to do. */
export type Outcome = { kind: 'settled' } | { kind: 'again' } | { kind: 'retry'; reason: Reason }

const AGAIN: Outcome = { kind: 'again' }
const SETTLED: Outcome = { kind: 'settled' }

/**
 * Do the actions of a plan in order, each recorded as it is done; the row moves by compare-and-set only.
 *
 * Never rejects. Killed at any point, it leaves a row and labels from which the next plan goes on. While the IDE starts up, the
 * records of the earlier steps are written beside it, so that they cost the launch nothing.
 */
export async function applyPlan(
  deps: ApplyDeps,
  row: WorkRow,
  seen: Observation,
  plan: readonly SessionAction[],
  signal: AbortSignal,
): Promise<Outcome> {
  const job = createJob(deps, row, seen)
  try {
    for (const action of plan) {
      const outcome = await job.perform(action, signal)
      if (outcome) return outcome
    }
    return SETTLED
  } catch (error) {
    return await job.fail(error, signal).catch((cause) => {
      deps.logger.error({ ...job.context, err: cause }, 'session.recovery.failure')
      return { kind: 'retry', reason: DATABASE_AWAY }
    })
  } finally {
    await job.settle()
  }
}

function createJob(deps: ApplyDeps, row: WorkRow, seen: Observation) {
  const { db, clock, logger, runtime, workspaces, limits, failpoint = noFailpoint } = deps
  const token: RowToken = {
    id: row.id,
    status: row.status,
    version: row.version,
    request_id: row.request_id,
  }
  const context = {
    session_id: row.id,
    user_id: row.user_id,
    slug: row.slug,
    request_id: row.request_id,
  }
  let records: Promise<unknown> = Promise.resolve()
  let stepStartedMs = performance.now()
  let workspacePath: string | undefined
  /** Why this is late; it stays the row's reason, whatever the next try runs into. */
  let overdue: Reason | undefined
  let containerId = seen.container.kind === 'present' ? seen.container.id : row.container_id
  let snapshot = isSnapshotSeen(seen) ? row.snapshot_name : null

  /** Milliseconds since the step before ended. */
  function lap(): number {
    const nowMs = performance.now()
    const durationMs = nowMs - stepStartedMs
    stepStartedMs = nowMs
    return durationMs
  }

  /**
   * Written beside the work, one after the other, so that events stand in the order of their steps. A record that is lost costs a line
   * in the progress display; one that mattered makes the next compare-and-set fail.
   */
  function record(write: () => Promise<unknown>): void {
    records = records.then(write).then(
      () => deps.changed(row.id),
      (error) => logger.warn({ ...context, err: error }, 'session.recovery.failure'),
    )
  }

  function recordStepOf(step: Step): undefined {
    const finished = { step, durationMs: lap(), at: clock.now() }
    record(() => recordStep(db, token, finished))
  }

  /** Waits for the records written beside the work. */
  async function settle(): Promise<void> {
    await records
  }

  async function patchRow(patch: RowPatch): Promise<boolean> {
    const version = await updateFacts(db, token, patch)
    if (version === null) return false
    token.version = version
    return true
  }

  async function move(
    to: SessionTransition['to'],
    reason: Reason,
    rest: Omit<SessionTransition, 'to' | 'reason' | 'at'>,
  ) {
    await settle()
    const version = await recordTransition(db, token, { to, reason, at: clock.now(), ...rest })
    deps.changed(row.id)
    return version === null ? AGAIN : SETTLED
  }

  async function startContainer(signal: AbortSignal): Promise<Outcome | undefined> {
    const closed = deps.whyClosed()
    if (closed) throw new HostAwayError(closed.text)
    if (workspacePath === undefined)
      throw new Error('A container was planned before its workspace.')
    // With a container there, what is on the GPU may be this session's own.
    if (seen.container.kind === 'absent') await deps.assertGpuFit?.(row, signal)
    const { id: sessionId, user_id: userId, slug, tier, image } = row
    const gpu = { id: row.gpu_id, uuid: row.gpu_uuid }
    const spec = { sessionId, userId, slug, tier, image, gpu, workspacePath }
    // Whoever looks at the row from here on sees the container; whoever ended the session before has moved the row, and nothing is started.
    let isMine = true
    const confirm = async () => {
      isMine = await patchRow({})
      if (!isMine) throw new Error('The session was changed by somebody else.')
    }
    const id = await runtime.start(spec, signal, confirm).catch((error) => {
      if (isMine) throw error
      return undefined
    })
    if (id === undefined) return AGAIN
    containerId = id
    const finished = { step: 'container' as const, durationMs: lap(), at: clock.now() }
    record(async () => {
      const version = await inTransaction(db, async (tx) => {
        const next = await updateFacts(tx, token, { container_id: id })
        if (next !== null) await recordStepIn(tx, token, finished)
        return next
      })
      if (version !== null) token.version = version
    })
    return undefined
  }

  async function markRunning(): Promise<Outcome> {
    const ready = { step: 'ready' as const, durationMs: lap() }
    const at = clock.now()
    const outcome = await move('running', READY, {
      patch: {
        container_id: containerId,
        started_at: toSqlTime(at),
        status_reason: READY.text,
        deadline_at: null,
      },
      steps: [ready],
    })
    await failpoint('c8.marked_running')
    if (outcome === SETTLED) logger.info(context, 'session.start')
    return outcome
  }

  /** The common part of both terminal statuses: holds nothing, and tells which snapshot there is. */
  function terminalPatch(at: Date): RowPatch {
    return {
      container_id: null,
      stopped_at: toSqlTime(at),
      deadline_at: null,
      ...(snapshot === null
        ? {}
        : { last_snapshot_name: snapshot, last_snapshot_at: toSqlTime(at) }),
    }
  }

  async function markStopped(): Promise<Outcome> {
    const patch = { ...terminalPatch(clock.now()), status_reason: STOPPED.text }
    const outcome = await move('stopped', STOPPED, { patch })
    await failpoint('s6.marked_stopped')
    if (outcome === SETTLED) {
      logger.info({ ...context, reason: STOPPED.code, snapshot }, 'session.stop')
    }
    return outcome
  }

  async function markError(text: string): Promise<Outcome> {
    const patch = { ...terminalPatch(clock.now()), error_message: text, status_reason: text }
    const outcome = await move('error', { code: 'error', text }, { patch })
    if (outcome !== SETTLED) return outcome
    const codes = {
      starting: 'start_failed',
      running: 'container_death',
      stopping: 'snapshot_failed',
    }
    const reason = codes[row.status as keyof typeof codes]
    const event = row.status === 'starting' ? 'session.start_failed' : 'session.stop'
    logger.warn({ ...context, reason, detail: text, snapshot }, event)
    return outcome
  }

  async function takeSnapshot(name: string, isLastTry: boolean, signal: AbortSignal) {
    try {
      const outcome = await workspaces.snapshot(name, signal)
      if (outcome === 'no-workspace') return undefined
      await failpoint('s5.snapshot_taken')
      snapshot = name
      recordStepOf('snapshot')
      return undefined
    } catch (error) {
      if (!isLastTry || signal.aborted) throw error
      logger.error({ ...context, err: error }, 'session.recovery.failure')
      const failed = SNAPSHOT_FAILED.text
      return markError(row.error_message === null ? failed : `${row.error_message} ${failed}`)
    }
  }

  async function recordFailure(failure: Reason, name: string | null): Promise<Outcome> {
    await settle()
    const deadline = new Date(clock.now().getTime() + limits.stopTimeoutMs)
    const won = await patchRow({
      error_message: failure.text,
      status_reason: failure.text,
      snapshot_name: name,
      deadline_at: toSqlTime(deadline),
      attempts: 0,
      next_attempt_at: null,
    })
    if (won) {
      logger.warn(
        { ...context, decision: 'fail', reason: failure.code },
        'session.recovery.decision',
      )
      deps.changed(row.id)
    }
    return AGAIN
  }

  async function reportOverdue(reason: Reason): Promise<undefined> {
    overdue = reason
    if (row.status_reason === reason.text) return undefined
    logger.error({ ...context, reason: reason.code }, 'session.recovery.failure')
    if (await patchRow({ status_reason: reason.text })) deps.changed(row.id)
    return undefined
  }

  return {
    context,
    settle,

    /** @returns undefined to go on with the next action */
    async perform(action: SessionAction, signal: AbortSignal): Promise<Outcome | undefined> {
      switch (action.kind) {
        case 'wait':
          return { kind: 'retry', reason: overdue ?? action.reason }
        case 'ensure-workspace':
          workspacePath = await workspaces.ensure(row.workspace_zfs, signal)
          await failpoint('c4.dataset_prepared')
          return recordStepOf('workspace')
        case 'start-container':
          return startContainer(signal)
        case 'await-ready':
          if (!(await deps.awaitReady(row.slug))) return AGAIN
          await failpoint('c7.healthy')
          return undefined
        case 'mark-running':
          return markRunning()
        case 'record-failure':
          return recordFailure(action.failure, action.snapshotName)
        case 'remove-container':
          await runtime.remove(action.containerId, signal)
          return recordStepOf('container_removed')
        case 'take-snapshot':
          return takeSnapshot(action.name, action.isLastTry, signal)
        case 'mark-stopped':
          return markStopped()
        case 'mark-error':
          return markError(row.error_message ?? SNAPSHOT_FAILED.text)
        case 'report-overdue':
          return reportOverdue(action.reason)
      }
    },

    /** What an action's rejection means: a clear no ends a start; everything else is tried again. */
    async fail(error: unknown, signal: AbortSignal): Promise<Outcome> {
      if (signal.aborted) return SETTLED
      const isStarting = row.status === 'starting' && row.error_message === null
      const level = error instanceof HostAwayError ? 'warn' : 'error'
      logger[level]({ ...context, err: error }, 'session.recovery.failure')
      if (error instanceof HostRefusedError && isStarting) return recordFailure(error, null)
      const isKnown = error instanceof HostRefusedError || error instanceof HostAwayError
      const text = isKnown ? error.text : 'Something unforeseen happened; trying again.'
      return { kind: 'retry', reason: overdue ?? { code: 'retry', text } }
    },
  }
}

function isSnapshotSeen({ workspace }: Observation): boolean {
  return workspace.kind === 'known' && workspace.snapshotTaken
}
