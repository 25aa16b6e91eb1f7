import {
  type CreatedKey,
  type DB,
  inTransaction,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
  recordAudit,
  type SqlTime,
  toSqlTime,
} from '@medforge/db'
import type { Insertable, Kysely } from 'kysely'

export type AccessTokenRow = {
  id: string
  name: string
  created_at: SqlTime
  expires_at: SqlTime
  last_used_at: SqlTime | null
}

type Change = { requestId: string; at: Date }

/**
 * A token for its owner, whose row is locked meanwhile, so that two requests at once keep to the limit.
 *
 * @returns false, and nothing was made, where the owner has `max` tokens that go on
 */
export async function insertAccessToken(
  db: Kysely<DB>,
  row: Insertable<DB['access_tokens']>,
  { requestId, at, max }: Change & { max: number },
): Promise<boolean> {
  const { id, user_id, name, expires_at } = row
  return inTransaction(db, async (tx) => {
    await tx.selectFrom('users').select('id').where('id', '=', user_id).forUpdate().execute()
    const { count } = await tx
      .selectFrom('access_tokens')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', user_id)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', toSqlTime(at))
      .executeTakeFirstOrThrow()
    if (count >= max) return false
    await tx.insertInto('access_tokens').values(row).execute()
    const entry = { actorUserId: user_id, requestId, at, action: 'token.create', subject: id }
    await recordAudit(tx, { ...entry, detail: { name, expires_at } })
    return true
  })
}

/** Those that go on, newest first. */
export async function listAccessTokens(
  db: Kysely<DB>,
  userId: string,
  at: Date,
  page: PageRequest<CreatedKey>,
): Promise<Page<AccessTokenRow, CreatedKey>> {
  const query = db
    .selectFrom('access_tokens')
    .select(['id', 'name', 'created_at', 'expires_at', 'last_used_at'])
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', toSqlTime(at))
  return readPage(query, newestFirst('access_tokens'), page)
}

/** @returns false when it is not a token of this person that goes on */
export async function revokeAccessToken(
  db: Kysely<DB>,
  userId: string,
  id: string,
  { requestId, at }: Change,
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('access_tokens')
      .set({ revoked_at: toSqlTime(at) })
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    const entry = { actorUserId: userId, requestId, at, action: 'token.revoke', subject: id }
    await recordAudit(tx, entry)
    return true
  })
}

/** Whose token it is, unless it was revoked, has expired or its account is disabled. */
export async function findAccessToken(
  db: Kysely<DB>,
  tokenHash: Buffer,
  at: Date,
): Promise<{ id: string; user_id: string; last_used_at: SqlTime | null } | undefined> {
  return db
    .selectFrom('access_tokens')
    .innerJoin('users', 'users.id', 'access_tokens.user_id')
    .select(['access_tokens.id', 'access_tokens.user_id', 'access_tokens.last_used_at'])
    .where('access_tokens.token_hash', '=', tokenHash)
    .where('access_tokens.revoked_at', 'is', null)
    .where('access_tokens.expires_at', '>', toSqlTime(at))
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
}

export async function noteAccessTokenUse(db: Kysely<DB>, id: string, at: Date): Promise<void> {
  await db
    .updateTable('access_tokens')
    .set({ last_used_at: toSqlTime(at) })
    .where('id', '=', id)
    .execute()
}
