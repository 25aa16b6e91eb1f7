import type { UserRole } from '@medforge/contracts'
import type { SessionRow } from '@medforge/core'
import { type DB, type SqlTime, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

/** A session with what its container needs to know from other tables. */
export type SessionWorkRow = SessionRow & { gpu_uuid: string | null; image: string }

/** The session with what its container needs. */
export async function findForWork(db: Kysely<DB>, id: string): Promise<SessionWorkRow | undefined> {
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

/**
 * Write down that a session has to be reconciled again, and not before `nextAttemptAt`. Only the reconciler writes these columns, so the
 * version is not compared; a row whose status changed meanwhile keeps what the transition gave it.
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

/** Those of these workspaces whose session has ended, the earliest first; one that no session is of is not among them. */
export async function listEndedWorkspaces(
  db: Kysely<DB>,
  datasets: readonly string[],
): Promise<string[]> {
  // The last part of a workspace's name is its session's id, which has an index.
  const ids = datasets.map((dataset) => dataset.slice(dataset.lastIndexOf('/') + 1))
  const rows = await db
    .selectFrom('sessions')
    .select('workspace_zfs')
    .where('id', 'in', ids)
    .where('workspace_zfs', 'in', datasets)
    .where('gpu_active', 'is', null)
    .orderBy('stopped_at')
    .execute()
  return rows.map(({ workspace_zfs }) => workspace_zfs)
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

/** Row of `platform_state`: every login that ended before its `updated_at` has been seen to. */
const MARK = 'sockets'

export async function findSocketsMark(db: Kysely<DB>): Promise<SqlTime | undefined> {
  const row = await db
    .selectFrom('platform_state')
    .select('updated_at')
    .where('name', '=', MARK)
    .executeTakeFirst()
  return row?.updated_at
}

export async function saveSocketsMark(db: Kysely<DB>, at: Date): Promise<void> {
  const mark = { value: '{}', updated_at: toSqlTime(at) }
  await db
    .insertInto('platform_state')
    .values({ name: MARK, ...mark })
    .onDuplicateKeyUpdate(mark)
    .execute()
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
