import { attemptBackoffMs, isTerminal, type Reason } from '@medforge/core'
import { type DB, sqlTimeToMs } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Logger } from '../lib/logger.ts'
import type { WorkItem, WorkResult } from '../lib/work-queue.ts'
import { correctDeadline, type SnapshotDeadlines } from './deadlines.ts'
import { type ActionDeps, performPlan } from './perform-plan.ts'
import { type Observation, planSession } from './plan.ts'
import { findForWork, recordRetry, type SessionWorkRow } from './repository.ts'
import { openSessionRecord } from './session-record.ts'

export type ReconcileDeps = ActionDeps & {
  db: Kysely<DB>
  logger: Logger
  snapshotDeadlines: SnapshotDeadlines
  notifyChanged(sessionId: string): void
  /** Shuts the reconciler down; what was begun is finished by the next one. */
  signal: AbortSignal
}

/** Why a session is reconciled; it is in the log. */
export type Trigger = 'nudge' | 'watch' | 'poll' | 'boot'

const DONE: WorkResult = { kind: 'done' }
const AT_ONCE: WorkResult = { kind: 'requeue', afterMs: 0 }

/**
 * Bring one session's row and its part of the host closer together: read the row, observe the host, plan, perform the plan. The same for
 * create, stop, a death and a restart, and safe to repeat after a crash at any point.
 *
 * @throws when the database is away; logged
 */
export async function reconcileSession(
  deps: ReconcileDeps,
  { key: id, cause: trigger, superseded }: WorkItem<Trigger>,
): Promise<WorkResult> {
  let logger = deps.logger.child({ session_id: id })
  try {
    const row = await findForWork(deps.db, id)
    if (!row || isTerminal(row.status)) return done(deps, id)
    const { user_id, slug, request_id } = row
    logger = logger.child({ user_id, slug, request_id })
    if (await correctDeadline(deps, row)) return AT_ONCE

    const observation = await observeSession(deps, row)
    const plan = planSession(observation, deps.clock.now())
    if (plan.length === 0) return done(deps, id)
    const decision = plan.map((action) => action.kind)
    const level = trigger === 'nudge' ? 'debug' : 'info'
    logger[level]({ trigger, status: row.status, decision }, 'session.recovery.decision')

    const record = openSessionRecord({ ...deps, logger }, row)
    const work = { row, observation, record, logger, signal: deps.signal }
    const outcome = await performPlan(deps, work, plan, superseded)
    if (outcome.kind === 'done') return done(deps, id)
    if (outcome.kind === 'again' || superseded.aborted) return AT_ONCE
    return await retryLater(deps, row, outcome.reason)
  } catch (error) {
    logger.error({ err: error }, 'session.recovery.failure')
    throw error
  }
}

function done({ snapshotDeadlines }: ReconcileDeps, id: string): WorkResult {
  snapshotDeadlines.forget(id)
  return DONE
}

async function observeSession(deps: ReconcileDeps, row: SessionWorkRow): Promise<Observation> {
  const { runtime, workspaces, snapshotDeadlines, signal } = deps
  const [container, workspace] = await Promise.all([
    runtime.observe({ sessionId: row.id, slug: row.slug }, signal),
    workspaces.observe(row.workspace_zfs, row.snapshot_name, signal),
  ])
  const deadlineMs = row.deadline_at === null ? null : sqlTimeToMs(row.deadline_at)
  const snapshotDeadlineMs = snapshotDeadlines.of(row, container)
  return { row: { ...row, deadlineMs, snapshotDeadlineMs }, container, workspace }
}

/** Write down when this is tried again and, for whoever waits for a start or a stop, why it was not done yet. */
async function retryLater(
  { db, clock }: ReconcileDeps,
  row: SessionWorkRow,
  reason: Reason,
): Promise<WorkResult> {
  const afterMs = attemptBackoffMs(row.attempts)
  const nextAttemptAt = new Date(clock.now().getTime() + afterMs)
  const isAwaited = row.status !== 'running' && row.failed_at === null
  await recordRetry(db, row, {
    attempts: row.attempts + 1,
    nextAttemptAt,
    statusReason: isAwaited ? reason.text : null,
  })
  return { kind: 'requeue', afterMs }
}
