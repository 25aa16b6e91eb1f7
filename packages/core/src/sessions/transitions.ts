import type { SessionStatus } from '@medforge/contracts'
import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { moveAccessEpoch } from '../platform/access-epoch.ts'
import { canTransition, type Reason } from './lifecycle.ts'

export type SessionRow = Selectable<DB['sessions']>
export type SessionEventRow = Selectable<DB['session_events']>
export type Step = NonNullable<SessionEventRow['step']>

/** What compare-and-set compares: a caller that holds an older one changes nothing. */
export type RowToken = { id: string; status: SessionStatus; version: number; request_id: string }

export type ActiveRow = Pick<
  SessionRow,
  'id' | 'slug' | 'status' | 'container_id' | 'failed_at' | 'next_attempt_at' | 'deadline_at'
>

/** Every session that holds a GPU, oldest first. */
export async function listActive(db: Kysely<DB>): Promise<ActiveRow[]> {
  return db
    .selectFrom('sessions')
    .select(['id', 'slug', 'status', 'container_id', 'failed_at', 'next_attempt_at', 'deadline_at'])
    .where('gpu_active', '=', 1)
    .orderBy('created_at')
    .execute()
}

/** The session, locked until the transaction ends. */
export async function lockById(tx: Transaction<DB>, id: string): Promise<SessionRow | undefined> {
  return tx.selectFrom('sessions').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export type StepRecord = { step: Step; durationMs: number }

/**
 * Append a finished step, whatever became of the row. The row's lock is taken all the same, so that events of a session become visible
 * in the order of their ids.
 */
export async function recordStep(
  db: Kysely<DB>,
  token: RowToken,
  record: StepRecord & { at: Date },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.selectFrom('sessions').select('id').where('id', '=', token.id).forUpdate().execute()
    await recordStepIn(tx, token, record)
  })
}

/** As `recordStep`, inside a transaction that holds the row's lock. */
export async function recordStepIn(
  tx: Transaction<DB>,
  token: RowToken,
  { step, durationMs, at }: StepRecord & { at: Date },
): Promise<void> {
  await tx
    .insertInto('session_events')
    .values({
      session_id: token.id,
      kind: 'step',
      step,
      duration_ms: Math.round(durationMs),
      request_id: token.request_id,
      at: toSqlTime(at),
    })
    .execute()
}

export type RowPatch = Omit<
  Updateable<DB['sessions']>,
  'id' | 'status' | 'version' | 'user_id' | 'slug' | 'gpu_id'
>

/**
 * Change facts of a session and not its status, by compare-and-set.
 *
 * @returns the new version, or null when somebody else changed the row first: read again and plan again
 */
export async function updateFacts(
  db: Kysely<DB>,
  token: RowToken,
  patch: RowPatch,
): Promise<number | null> {
  const result = await db
    .updateTable('sessions')
    .set({ ...patch, version: token.version + 1 })
    .where('id', '=', token.id)
    .where('status', '=', token.status)
    .where('version', '=', token.version)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n ? token.version + 1 : null
}

export type SessionTransition = {
  to: SessionStatus
  reason: Reason
  /** From the injected clock, not `NOW()`: host and database may differ. */
  at: Date
  patch: RowPatch
  /** Steps that end with this transition; they come before it in the stream of events. */
  steps?: readonly StepRecord[]
}

/**
 * Move a session to another status and append the matching events, atomically.
 *
 * Compare-and-set on (id, status, version), as `updateFacts`.
 *
 * @returns the new version, or null when somebody else changed the row first
 * @throws Error for an edge that `TRANSITIONS` lacks: a bug, never a race
 */
export async function recordTransition(
  db: Kysely<DB>,
  token: RowToken,
  transition: SessionTransition,
): Promise<number | null> {
  return inTransaction(db, async (tx) => {
    const version = await recordTransitionIn(tx, token, transition)
    if (version !== null) await moveAccessEpoch(tx, transition.at)
    return version
  })
}

/** As `recordTransition`, inside a transaction that the caller opened, and in which the caller moves the epoch. */
export async function recordTransitionIn(
  tx: Transaction<DB>,
  token: RowToken,
  transition: SessionTransition,
): Promise<number | null> {
  if (!canTransition(token.status, transition.to)) {
    throw new Error(`Illegal transition ${token.status} → ${transition.to} of session ${token.id}.`)
  }
  const version = token.version + 1
  const result = await tx
    .updateTable('sessions')
    .set({
      ...transition.patch,
      status: transition.to,
      version,
      attempts: 0,
      next_attempt_at: null,
    })
    .where('id', '=', token.id)
    .where('status', '=', token.status)
    .where('version', '=', token.version)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) return null
  const at = toSqlTime(transition.at)
  const common = { session_id: token.id, request_id: token.request_id, at }
  await tx
    .insertInto('session_events')
    .values([
      ...(transition.steps ?? []).map(({ step, durationMs }) => ({
        ...common,
        kind: 'step' as const,
        step,
        duration_ms: Math.round(durationMs),
      })),
      {
        ...common,
        kind: 'transition' as const,
        from_status: token.status,
        to_status: transition.to,
        reason: transition.reason.text,
      },
    ])
    .execute()
  return version
}
