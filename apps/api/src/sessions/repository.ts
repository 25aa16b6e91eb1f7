import { ACTIVE_SESSION_STATUSES, type SessionTier } from '@medforge/contracts'
import type { SessionEventRow, SessionRow, Step } from '@medforge/core'
import type { DB, SqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

export async function findById(db: Kysely<DB>, id: string): Promise<SessionRow | undefined> {
  return db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
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
