import {
  ACTIVE_SESSION_STATUSES,
  type AdminSessionQuery,
  type SessionTier,
} from '@medforge/contracts'
import {
  freeGpus,
  type SessionEventRow,
  type SessionRow,
  type Step,
  type StorageUsage,
} from '@medforge/core'
import {
  type CreatedKey,
  type DB,
  inTransaction,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
  type SqlTime,
} from '@medforge/db'
import { CompiledQuery, type Insertable, type Kysely, type Transaction } from 'kysely'

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

/** When a person's nth-newest launch of a period began, if there were so many. */
export async function findNthLaunch(
  db: Kysely<DB>,
  userId: string,
  nth: number,
  { after, upTo }: { after: SqlTime; upTo: SqlTime },
): Promise<SqlTime | undefined> {
  const row = await db
    .selectFrom('sessions')
    .select('created_at')
    .where('user_id', '=', userId)
    .where('created_at', '>', after)
    .where('created_at', '<=', upTo)
    .orderBy('created_at', 'desc')
    .limit(1)
    .offset(nth - 1)
    .executeTakeFirst()
  return row?.created_at
}

/** What a person's datasets use, as it was last measured. */
export async function findStorageUsage(db: Kysely<DB>, userId: string): Promise<StorageUsage> {
  const row = await db
    .selectFrom('storage_usage')
    .select(['used_bytes', 'snapshots_bytes'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return { usedBytes: row?.used_bytes ?? 0, snapshotsBytes: row?.snapshots_bytes ?? 0 }
}

/** A person's sessions, newest first. */
export async function listByUser(
  db: Kysely<DB>,
  userId: string,
  page: PageRequest<CreatedKey>,
): Promise<Page<SessionRow, CreatedKey>> {
  const query = db.selectFrom('sessions').selectAll().where('user_id', '=', userId)
  return readPage(query, newestFirst('sessions'), page)
}

export type OwnedSessionRow = SessionRow & { user_email: string; user_display_name: string }

/** Everybody's sessions, newest first. */
export async function searchSessions(
  db: Kysely<DB>,
  { user_id, status }: Pick<AdminSessionQuery, 'user_id' | 'status'>,
  page: PageRequest<CreatedKey>,
): Promise<Page<OwnedSessionRow, CreatedKey>> {
  let query = db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select(['users.email as user_email', 'users.display_name as user_display_name'])
  if (user_id !== undefined) query = query.where('sessions.user_id', '=', user_id)
  if (status === 'active') query = query.where('sessions.status', 'in', ACTIVE_SESSION_STATUSES)
  else if (status !== undefined) query = query.where('sessions.status', '=', status)
  return readPage(query, newestFirst('sessions'), page)
}

/**
 * The first GPU that can be handed out, its row locked. A row that is skipped because somebody holds its lock may still come free (their
 * transaction may fail), so there is none only after waiting for those locks.
 */
export async function lockFreeGpu(tx: Transaction<DB>): Promise<number | undefined> {
  const first = freeGpus(tx).select('gpu.id').orderBy('gpu.id').limit(1).forUpdate()
  const gpu = (await first.skipLocked().executeTakeFirst()) ?? (await first.executeTakeFirst())
  return gpu?.id
}

/** A new session with its first events, which take the time and the request from it. */
export async function insertSession(
  tx: Transaction<DB>,
  session: Insertable<DB['sessions']>,
  events: readonly Omit<Insertable<DB['session_events']>, 'session_id' | 'request_id' | 'at'>[],
): Promise<void> {
  await tx.insertInto('sessions').values(session).execute()
  const { id: session_id, request_id, created_at: at } = session
  await tx
    .insertInto('session_events')
    .values(events.map((event) => ({ ...event, session_id, request_id, at })))
    .execute()
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

/** What the database has of some slugs at one moment, and the epoch of cached logins. */
export type SlugReading = {
  epoch: string | null
  /** By slug; a slug that is missing names no session, or one that has ended or is about to. */
  live: ReadonlyMap<string, { id: string; ownerId: string; isRunning: boolean }>
}

/** One reading by the unique key of slugs, whatever their number. */
export async function readSlugs(db: Kysely<DB>, slugs: readonly string[]): Promise<SlugReading> {
  type Row = {
    epoch: string | null
    slug: string | null
    id: string
    owner_id: string
    status: 'starting' | 'running'
  }
  const query = `
    SELECT epoch.value AS epoch, sessions.slug AS slug, sessions.id AS id, sessions.user_id AS owner_id, sessions.status AS status
    FROM (SELECT 1 AS one) AS one
    LEFT JOIN platform_state AS epoch ON epoch.name = 'epoch'
    LEFT JOIN sessions FORCE INDEX (sessions_slug) ON sessions.slug IN (${slugs.map(() => '?').join(', ')}) AND sessions.status IN ('starting', 'running')`
  const { rows } = await db.executeQuery(CompiledQuery.raw(query, [...slugs]))
  const live = new Map<string, { id: string; ownerId: string; isRunning: boolean }>()
  for (const { slug, id, owner_id: ownerId, status } of rows as Row[]) {
    if (slug !== null) live.set(slug, { id, ownerId, isRunning: status === 'running' })
  }
  return { epoch: (rows as Row[])[0]?.epoch ?? null, live }
}

export type AccessRow = Insertable<DB['session_accesses']>

/** In this order of use: a row that is there already gets a new id. */
export async function replaceAccesses(db: Kysely<DB>, rows: readonly AccessRow[]): Promise<void> {
  await inTransaction(db, (tx) => tx.replaceInto('session_accesses').values(rows).execute())
}
