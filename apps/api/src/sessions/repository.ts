import {
  ACTIVE_SESSION_STATUSES,
  type AdminSessionQuery,
  type SessionTier,
  type UserRole,
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
  sqlTimeToMs,
} from '@medforge/db'
import { CompiledQuery, type Insertable, type Kysely, type Transaction } from 'kysely'
import type { Login } from '../identity/index.ts'

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

/** A session that runs, or is about to. */
export type LiveSession = { id: string; ownerId: string; isRunning: boolean }

/** Who may enter what, as the database had it at one moment. */
export type AccessReading = {
  /** As `readAccessEpoch`. */
  epoch: string | null
  /** By slug; a slug that is missing names no session, or one that has ended or is about to. */
  sessions: ReadonlyMap<string, LiveSession>
  /** By the hex form of the token's hash; without those that were revoked or whose account is disabled. */
  logins: ReadonlyMap<string, Login>
}

/** One statement, so that epoch and rows are of one snapshot; by the unique keys of slugs and tokens, whatever their number. */
export async function readAccess(
  db: Kysely<DB>,
  questions: readonly { slug: string; tokenHash: Buffer }[],
): Promise<AccessReading> {
  type Row = {
    kind: 'epoch' | 'session' | 'login'
    /** The epoch, a slug, or the hash of a token. */
    name: string
    id: string
    user_id: string
    state: 'starting' | 'running' | UserRole
    last_seen_at: SqlTime
    expires_at: SqlTime
  }
  const slugs = new Set(questions.map(({ slug }) => slug))
  const hashes = new Map(questions.map(({ tokenHash }) => [tokenHash.toString('hex'), tokenHash]))
  const query = `
    SELECT 'epoch' AS kind, value AS name, NULL AS id, NULL AS user_id, NULL AS state, NULL AS last_seen_at, NULL AS expires_at
    FROM platform_state WHERE name = 'epoch'
    UNION ALL
    SELECT 'session', slug, id, user_id, status, NULL, NULL
    FROM sessions FORCE INDEX (sessions_slug) WHERE slug IN (${listOf(slugs.size)}) AND status IN ('starting', 'running')
    UNION ALL
    SELECT 'login', LOWER(HEX(auth_sessions.token_hash)), auth_sessions.id, auth_sessions.user_id, users.role, auth_sessions.last_seen_at, auth_sessions.expires_at
    FROM auth_sessions INNER JOIN users ON users.id = auth_sessions.user_id
    WHERE auth_sessions.token_hash IN (${listOf(hashes.size)}) AND auth_sessions.revoked_at IS NULL AND users.disabled_at IS NULL`
  const { rows } = await db.executeQuery(CompiledQuery.raw(query, [...slugs, ...hashes.values()]))
  let epoch: string | null = null
  const sessions = new Map<string, LiveSession>()
  const logins = new Map<string, Login>()
  for (const { kind, name, id, user_id: userId, ...row } of rows as Row[]) {
    if (kind === 'epoch') epoch = name
    else if (kind === 'session') {
      sessions.set(name, { id, ownerId: userId, isRunning: row.state === 'running' })
    } else {
      const role = row.state === 'admin' ? 'admin' : 'user'
      const tokenHash = hashes.get(name) ?? Buffer.from(name, 'hex')
      const [lastSeenMs, expiresMs] = [sqlTimeToMs(row.last_seen_at), sqlTimeToMs(row.expires_at)]
      logins.set(name, { id, userId, role, tokenHash, lastSeenMs, expiresMs })
    }
  }
  return { epoch, sessions, logins }
}

/** Another value after every change of who may enter a session; null before the first. */
export async function readAccessEpoch(db: Kysely<DB>): Promise<string | null> {
  const row = await db
    .selectFrom('platform_state')
    .select('value')
    .where('name', '=', 'epoch')
    .executeTakeFirst()
  return row?.value ?? null
}

function listOf(count: number): string {
  return Array(count).fill('?').join(', ')
}

export type AccessRow = Insertable<DB['session_accesses']>

/** In this order of use: a row that is there already gets a new id. */
export async function replaceAccesses(db: Kysely<DB>, rows: readonly AccessRow[]): Promise<void> {
  await inTransaction(db, (tx) => tx.replaceInto('session_accesses').values(rows).execute())
}
