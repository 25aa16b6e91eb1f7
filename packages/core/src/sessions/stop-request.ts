import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import { moveAccessEpoch } from '../platform/access-epoch.ts'
import { deadlineOf, isTerminal, type LifecycleLimits, snapshotName } from './lifecycle.ts'
import { REQUESTED } from './reasons.ts'
import { listActive, lockById, recordTransitionIn, type SessionRow } from './transitions.ts'

export type StopRequest = { at: Date; requestId: string; limits: LifecycleLimits }

/** Record that this session is to end; the reconciler does the rest. The caller holds the row's lock, and moves the epoch. */
export async function recordStopRequest(
  tx: Transaction<DB>,
  row: SessionRow,
  { at, requestId, limits }: StopRequest,
): Promise<void> {
  const deadline = deadlineOf('stopping', at, limits)
  await recordTransitionIn(
    tx,
    { ...row, request_id: requestId },
    {
      to: 'stopping',
      reason: REQUESTED,
      at,
      patch: {
        stop_requested_at: toSqlTime(at),
        // Fixed here, so that however often the snapshot is tried it is one and the same.
        snapshot_name: snapshotName(row.workspace_zfs, 'stop', at),
        deadline_at: deadline === null ? null : toSqlTime(deadline),
        status_reason: REQUESTED.text,
        failed_at: null,
        error_message: null,
        request_id: requestId,
      },
    },
  )
}

/**
 * Request the stop of every session, as its owner could. For an operator who takes the platform down: done before the
 * reconciler ends, it leaves ordinary stopped sessions with their snapshots instead of failures.
 *
 * @returns how many sessions are active, that is, have yet to end
 */
export async function requestStopOfAll(db: Kysely<DB>, request: StopRequest): Promise<number> {
  const active = await listActive(db)
  for (const { id } of active) {
    await inTransaction(db, async (tx) => {
      if (await requestStop(tx, id, request)) await moveAccessEpoch(tx, request.at)
    })
  }
  return active.length
}

/**
 * Request the stop of one session, whoever owns it. The caller moves the epoch.
 *
 * @returns whether this call requested it; false where the session is stopping, terminal, or was never there
 */
export async function requestStop(
  tx: Transaction<DB>,
  id: string,
  request: StopRequest,
): Promise<boolean> {
  const row = await lockById(tx, id)
  if (!row || isTerminal(row.status) || row.status === 'stopping') return false
  await recordStopRequest(tx, row, request)
  return true
}
