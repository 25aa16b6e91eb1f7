import { type AdminUser, UUID_PATTERN } from '@medforge/contracts'
import {
  type CreatedKey,
  type DB,
  likePattern,
  mapPage,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
  toSqlTime,
  toTimestamp,
} from '@medforge/db'
import { type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely'

export type UserRow = Selectable<DB['users']>

const UUID = new RegExp(UUID_PATTERN)

/** Accounts, newest first, whose id is `q`, or whose address or name contains it, whatever the case. */
export async function listUsers(
  db: Kysely<DB>,
  q: string | undefined,
  page: PageRequest<CreatedKey>,
): Promise<Page<AdminUser, CreatedKey>> {
  let query = selectUsers(db)
  const pattern = likePattern(q)
  if (q !== undefined && UUID.test(q)) {
    query = query.where('users.id', '=', q)
  } else if (pattern !== null) {
    query = query.where(({ or, eb }) =>
      or([eb('users.email', 'like', pattern), eb(sql`LOWER(users.display_name)`, 'like', pattern)]),
    )
  }
  return mapPage(await readPage(query, newestFirst('users'), page), toAdminUser)
}

export async function findUser(db: Kysely<DB>, id: string): Promise<AdminUser | undefined> {
  const row = await selectUsers(db).where('users.id', '=', id).executeTakeFirst()
  return row && toAdminUser(row)
}

/** @param email  in its canonical form */
export async function findUserByEmail(db: Kysely<DB>, email: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
}

/** The account's row, locked until the transaction ends. Before any other read: the snapshot is taken after the lock is held. */
export async function lockUser(
  tx: Transaction<DB>,
  id: string,
): Promise<Pick<UserRow, 'max_concurrent_sessions' | 'storage_limit_bytes' | 'disabled_at'>> {
  return tx
    .selectFrom('users')
    .select(['max_concurrent_sessions', 'storage_limit_bytes', 'disabled_at'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/**
 * The row of an account, and the ids of all administrators who can sign in, all of them locked. In one order: of two administrators who
 * disable each other at once, one is left.
 */
export async function lockUserAndAdmins(
  tx: Transaction<DB>,
  id: string,
): Promise<{ user: UserRow | undefined; adminIds: string[] }> {
  const admins = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  const user = await tx
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return { user, adminIds: admins.map((admin) => admin.id) }
}

/** The caller moves the epoch. */
export async function updateUser(
  tx: Transaction<DB>,
  id: string,
  columns: Updateable<DB['users']>,
): Promise<void> {
  await tx.updateTable('users').set(columns).where('id', '=', id).execute()
}

/** End every personal token of an account. */
export async function revokeAccessTokensOf(
  tx: Kysely<DB>,
  userId: string,
  at: Date,
): Promise<void> {
  await tx
    .updateTable('access_tokens')
    .set({ revoked_at: toSqlTime(at) })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute()
}

/** End every login and personal token of an account; nobody is trusted for where they made one. The caller moves the epoch. */
export async function revokeLoginsOf(tx: Kysely<DB>, userId: string, at: Date): Promise<void> {
  await tx
    .updateTable('auth_sessions')
    .set({ revoked_at: toSqlTime(at) })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute()
  await tx
    .updateTable('auth_sessions')
    .set({ client: null })
    .where('user_id', '=', userId)
    .execute()
  await revokeAccessTokensOf(tx, userId, at)
}

function selectUsers(db: Kysely<DB>) {
  const accounts = db
    .selectFrom('users')
    .leftJoin('storage_usage', 'storage_usage.user_id', 'users.id')
  return accounts.select([
    'users.id',
    'users.email',
    'users.display_name',
    'users.role',
    'users.max_concurrent_sessions',
    'users.cpu_limit',
    'users.memory_limit_bytes',
    'users.shm_limit_bytes',
    'users.storage_limit_bytes',
    'storage_usage.used_bytes',
    'storage_usage.snapshots_bytes',
    'users.created_at',
    'users.disabled_at',
    ({ selectFrom }) =>
      selectFrom('sessions')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('sessions.user_id', '=', 'users.id')
        .where('sessions.gpu_active', '=', 1)
        .as('active_sessions'),
  ])
}

type Row = Awaited<ReturnType<ReturnType<typeof selectUsers>['executeTakeFirstOrThrow']>>

function toAdminUser(row: Row): AdminUser {
  return {
    user_id: row.id,
    email: row.email,
    display_name: row.display_name,
    role: row.role,
    max_concurrent_sessions: row.max_concurrent_sessions,
    active_sessions: Number(row.active_sessions ?? 0),
    limits: {
      cpu: row.cpu_limit,
      memory_bytes: row.memory_limit_bytes,
      shm_bytes: row.shm_limit_bytes,
      storage_bytes: row.storage_limit_bytes,
    },
    storage: { used_bytes: row.used_bytes ?? 0, snapshots_bytes: row.snapshots_bytes ?? 0 },
    created_at: toTimestamp(row.created_at),
    disabled_at: row.disabled_at === null ? null : toTimestamp(row.disabled_at),
  }
}
