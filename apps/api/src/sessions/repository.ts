import {
  ACTIVE_SESSION_STATUSES,
  type SessionStatus,
  type SessionTier,
  type UserRole,
} from '@medforge/contracts'
import { type DB, inTransaction, type SqlTime, toSqlTime } from '@medforge/db'
import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'
import { canTransition, type Reason } from './lifecycle.ts'

export type SessionRow = Selectable<DB['sessions']>
export type SessionEventRow = Selectable<DB['session_events']>
export type Step = NonNullable<SessionEventRow['step']>

/** A session with what its container needs to know from other tables. */
export type WorkRow = SessionRow & { gpu_uuid: string | null; image: string }

/** The token of compare-and-set: a caller that holds an older one changes nothing. */
export type RowToken = { id: string; status: SessionStatus; version: number; request_id: string }

export async function findById(db: Kysely<DB>, id: string): Promise<SessionRow | undefined> {
  return db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The session as its work needs it. */
export async function findWork(db: Kysely<DB>, id: string): Promise<WorkRow | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('packs', 'packs.id', 'sessions.pack_id')
    .innerJoin('gpu_devices', 'gpu_devices.id', 'sessions.gpu_id')
    .selectAll('sessions')
    .select(['packs.image_ref', 'packs.image_digest', 'gpu_devices.uuid as gpu_uuid'])
    .where('sessions.id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { image_ref, image_digest, ...session } = row
  return { ...session, image: `${image_ref}@${image_digest}` }
}

export type ActiveRow = Pick<
  SessionRow,
  'id' | 'slug' | 'status' | 'container_id' | 'error_message' | 'next_attempt_at' | 'deadline_at'
>

/** Every session that holds a GPU, oldest first. */
export async function listActive(db: Kysely<DB>): Promise<ActiveRow[]> {
  return db
    .selectFrom('sessions')
    .select([
      'id',
      'slug',
      'status',
      'container_id',
      'error_message',
      'next_attempt_at',
      'deadline_at',
    ])
    .where('gpu_active', '=', 1)
    .orderBy('created_at')
    .execute()
}

/** Newest active session of a person, or undefined. */
export async function findCurrent(db: Kysely<DB>, userId: string): Promise<SessionRow | undefined> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('status', 'in', ACTIVE_SESSION_STATUSES)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Where a page of the history ended. */
export type HistoryKey = { created_at: SqlTime; id: string }

/** How many GPUs a person holds. */
export async function countActive(db: Kysely<DB>, userId: string): Promise<number> {
  const { active } = await db
    .selectFrom('sessions')
    .select((query) => query.fn.countAll<number>().as('active'))
    .where('user_id', '=', userId)
    .where('gpu_active', '=', 1)
    .executeTakeFirstOrThrow()
  return Number(active)
}

/** A person's sessions, newest first, `limit` at most, after `after`. */
export async function listByUser(
  db: Kysely<DB>,
  page: { userId: string; limit: number; after: HistoryKey | null },
): Promise<SessionRow[]> {
  const { after } = page
  let query = db.selectFrom('sessions').selectAll().where('user_id', '=', page.userId)
  if (after) {
    query = query.where((where) =>
      where.or([
        where('created_at', '<', after.created_at),
        where.and([where('created_at', '=', after.created_at), where('id', '<', after.id)]),
      ]),
    )
  }
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit).execute()
}

export type Pack = { tier: SessionTier; status: 'active' | 'deprecated' }

export async function findPack(db: Kysely<DB>, id: string): Promise<Pack | undefined> {
  return db.selectFrom('packs').select(['tier', 'status']).where('id', '=', id).executeTakeFirst()
}

/** The session, locked until the transaction ends. */
export async function lockById(tx: Transaction<DB>, id: string): Promise<SessionRow | undefined> {
  return tx.selectFrom('sessions').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

/** Events of a session after `afterId` (0: all), oldest first. */
export async function listEvents(
  db: Kysely<DB>,
  sessionId: string,
  afterId: number,
): Promise<SessionEventRow[]> {
  return db
    .selectFrom('session_events')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('id', '>', afterId)
    .orderBy('id')
    .execute()
}

export async function hasEvents(db: Kysely<DB>, sessionId: string, afterId: number) {
  const event = await db
    .selectFrom('session_events')
    .select('id')
    .where('session_id', '=', sessionId)
    .where('id', '>', afterId)
    .limit(1)
    .executeTakeFirst()
  return event !== undefined
}

/** The newest durations of a step, any session, newest first. */
export async function listDurations(db: Kysely<DB>, step: Step, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom('session_events')
    .select('duration_ms')
    .where('step', '=', step)
    .where('duration_ms', 'is not', null)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.flatMap((row) => (row.duration_ms === null ? [] : [row.duration_ms]))
}

export type StepRecord = { step: Step; durationMs: number }

/**
 * Append a finished step. What the row says is not looked at: a step that was finished was finished. Its lock is taken all the same, so
 * that events of a session become visible in the order of their ids.
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
 * Change facts of a session without moving it, by compare-and-set.
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

export type Move = {
  to: SessionStatus
  reason: Reason
  /** Decision time from the injected clock, not `NOW()`: host and database may differ. */
  at: Date
  patch: RowPatch
  /** Steps that this move concludes; they come before it in the stream of events. */
  steps?: readonly StepRecord[]
}

/**
 * Move a session to another status and append the matching events, atomically.
 *
 * Compare-and-set on (id, status, version), as `updateFacts`.
 *
 * @returns the new version, or null when somebody else was faster
 * @throws Error for an edge that `TRANSITIONS` lacks: a bug, never a race
 */
export async function recordTransition(
  db: Kysely<DB>,
  token: RowToken,
  move: Move,
): Promise<number | null> {
  return inTransaction(db, (tx) => recordTransitionIn(tx, token, move))
}

/** As `recordTransition`, inside a transaction that the caller opened. */
export async function recordTransitionIn(
  tx: Transaction<DB>,
  token: RowToken,
  move: Move,
): Promise<number | null> {
  if (!canTransition(token.status, move.to)) {
    throw new Error(`Illegal transition ${token.status} → ${move.to} of session ${token.id}.`)
  }
  const version = token.version + 1
  const result = await tx
    .updateTable('sessions')
    .set({ ...move.patch, status: move.to, version, attempts: 0, next_attempt_at: null })
    .where('id', '=', token.id)
    .where('status', '=', token.status)
    .where('version', '=', token.version)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) return null
  const at = toSqlTime(move.at)
  const common = { session_id: token.id, request_id: token.request_id, at }
  await tx
    .insertInto('session_events')
    .values([
      ...(move.steps ?? []).map(({ step, durationMs }) => ({
        ...common,
        kind: 'step' as const,
        step,
        duration_ms: Math.round(durationMs),
      })),
      {
        ...common,
        kind: 'transition' as const,
        from_status: token.status,
        to_status: move.to,
        reason: move.reason.text,
      },
    ])
    .execute()
  return version
}

/**
 * Note that work on a session has to be tried again, and not before `nextAttemptAt`. Only the reconciler writes these columns, so the
 * version is not compared; a row that moved on meanwhile keeps what the move gave it.
 */
export async function recordRetry(
  db: Kysely<DB>,
  row: Pick<SessionRow, 'id' | 'status'>,
  retry: { attempts: number; nextAttemptAt: Date; statusReason: string | null },
): Promise<void> {
  await db
    .updateTable('sessions')
    .set((set) => ({
      attempts: retry.attempts,
      next_attempt_at: toSqlTime(retry.nextAttemptAt),
      version: set('version', '+', 1),
      ...(retry.statusReason === null ? {} : { status_reason: retry.statusReason }),
    }))
    .where('id', '=', row.id)
    .where('status', '=', row.status)
    .execute()
}

export type EndedLogin = { id: string; user_id: string; role: UserRole }

/**
 * Logins that were revoked, reached their greatest age or were used for the last time so long ago that they ended between `sinceMs` and
 * `nowMs`. A range of an index each, so each is a query of its own.
 */
export async function listEndedLogins(
  db: Kysely<DB>,
  { sinceMs, nowMs, idleTtlMs }: { sinceMs: number; nowMs: number; idleTtlMs: number },
): Promise<EndedLogin[]> {
  const at = (ms: number) => toSqlTime(new Date(ms))
  const logins = db
    .selectFrom('auth_sessions')
    .innerJoin('users', 'users.id', 'auth_sessions.user_id')
    .select(['auth_sessions.id', 'auth_sessions.user_id', 'users.role'])
  const unrevoked = logins.where('auth_sessions.revoked_at', 'is', null)
  const revoked = logins.where('auth_sessions.revoked_at', '>=', at(sinceMs))
  const aged = unrevoked
    .where('auth_sessions.expires_at', '>=', at(sinceMs))
    .where('auth_sessions.expires_at', '<=', at(nowMs))
    // One that nobody used had ended before.
    .where('auth_sessions.last_seen_at', '>=', at(sinceMs - idleTtlMs))
  const idle = unrevoked
    .where('auth_sessions.last_seen_at', '>=', at(sinceMs - idleTtlMs))
    .where('auth_sessions.last_seen_at', '<=', at(nowMs - idleTtlMs))
    .where('auth_sessions.expires_at', '>=', at(sinceMs))
  return [...(await revoked.execute()), ...(await aged.execute()), ...(await idle.execute())]
}

/** Logins whose token was replaced at or after `since`, by a new password: their row goes on, what was opened with the old token does not. */
export async function listPasswordChanges(db: Kysely<DB>, since: SqlTime): Promise<EndedLogin[]> {
  const rows = await db
    .selectFrom('audit_events')
    .innerJoin('users', 'users.id', 'audit_events.actor_user_id')
    .select(['audit_events.id', 'users.id as user_id', 'users.role'])
    .where('audit_events.at', '>=', since)
    .where('audit_events.action', '=', 'user.password_change')
    .execute()
  return rows.map((row) => ({ ...row, id: `audit ${row.id}` }))
}

/** Whether somebody ceased to be an administrator at or after `since`, by the ids of the audit rows. One range of the index on `at`. */
export async function listDemotions(db: Kysely<DB>, since: SqlTime): Promise<string[]> {
  const rows = await db
    .selectFrom('audit_events')
    .select('id')
    .where('at', '>=', since)
    .where('action', '=', 'user.role')
    .where('detail', 'like', '%"from":"admin"%')
    .execute()
  return rows.map(({ id }) => `audit ${id}`)
}

/** Slugs of the running sessions of these people, or of everybody. */
export async function listRunningSlugs(
  db: Kysely<DB>,
  owners: readonly string[] | 'everybody',
): Promise<string[]> {
  let query = db
    .selectFrom('sessions')
    .select('slug')
    .where('gpu_active', '=', 1)
    .where('status', '=', 'running')
  if (owners !== 'everybody') query = query.where('user_id', 'in', owners)
  return (await query.execute()).map(({ slug }) => slug)
}
