import type { AdminUser } from '@medforge/contracts'
import { type DB, type SqlTime, toTimestamp } from '@medforge/db'
import { type Kysely, sql } from 'kysely'

/** Where a page ended. */
export type UserKey = { created_at: SqlTime; id: string }

/** Accounts, newest first, whose address or name has `q` in it, whatever the case. */
export async function listUsers(
  db: Kysely<DB>,
  page: { q: string | undefined; limit: number; after: UserKey | null },
): Promise<{ user: AdminUser; key: UserKey }[]> {
  const { after } = page
  let query = selectUsers(db)
  const wanted = page.q?.normalize('NFC').trim().toLowerCase()
  if (wanted) {
    const pattern = `%${wanted.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where(({ or, eb }) =>
      or([eb('users.email', 'like', pattern), eb(sql`LOWER(users.display_name)`, 'like', pattern)]),
    )
  }
  if (after) {
    query = query.where(({ or, and, eb }) =>
      or([
        eb('users.created_at', '<', after.created_at),
        and([eb('users.created_at', '=', after.created_at), eb('users.id', '<', after.id)]),
      ]),
    )
  }
  const rows = await query
    .orderBy('users.created_at', 'desc')
    .orderBy('users.id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map((row) => ({
    user: toAdminUser(row),
    key: { created_at: row.created_at, id: row.id },
  }))
}

export async function findUser(db: Kysely<DB>, id: string): Promise<AdminUser | undefined> {
  const row = await selectUsers(db).where('users.id', '=', id).executeTakeFirst()
  return row && toAdminUser(row)
}

function selectUsers(db: Kysely<DB>) {
  return db.selectFrom('users').select([
    'users.id',
    'users.email',
    'users.display_name',
    'users.role',
    'users.max_concurrent_sessions',
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
    created_at: toTimestamp(row.created_at),
    disabled_at: row.disabled_at === null ? null : toTimestamp(row.disabled_at),
  }
}
