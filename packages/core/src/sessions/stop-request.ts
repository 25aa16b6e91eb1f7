import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import { deadlineOf, isTerminal, type LifecycleLimits, snapshotName } from './lifecycle.ts'
import { REQUESTED } from './reasons.ts'
import { listActive, lockById, recordTransitionIn, type SessionRow } from './transitions.ts'

export type StopWish = { at: Date; requestId: string; limits: LifecycleLimits }

/** Record that somebody wants this session to end; the reconciler does the rest. The row is locked by the caller. */
export async function recordStopRequest(
  tx: Transaction<DB>,
  row: SessionRow,
  { at, requestId, limits }: StopWish,
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
        error_message: null,
        request_id: requestId,
      },
    },
  )
}

/**
 * Ask for the end of every session, as its owner could. For an operator who takes the platform down: done before the
 * reconciler goes, it leaves ordinary stopped sessions with their snapshots instead of failures.
 *
 * @returns how many sessions are active, that is, have yet to end
 */
export async function requestStopOfAll(db: Kysely<DB>, wish: StopWish): Promise<number> {
  const active = await listActive(db)
  for (const { id } of active) await inTransaction(db, (tx) => requestStop(tx, id, wish))
  return active.length
}

/**
 * Ask for the end of one session, whoever's it is.
 *
 * @returns whether this call asked for it; false where it is on its way, over, or was never there
 */
export async function requestStop(
  tx: Transaction<DB>,
  id: string,
  wish: StopWish,
): Promise<boolean> {
  const row = await lockById(tx, id)
  if (!row || isTerminal(row.status) || row.status === 'stopping') return false
  await recordStopRequest(tx, row, wish)
  return true
}
