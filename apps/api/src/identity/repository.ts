import { type DB, type SqlTime, toSqlTime } from '@medforge/db'
import type { Insertable, Kysely, Selectable } from 'kysely'

export type UserRow = Selectable<DB['users']>

export type LoginRow = {
  id: string
  user_id: string
  email: string
  display_name: string
  role: UserRow['role']
  last_seen_at: SqlTime
  expires_at: SqlTime
}

export interface IdentityRepository {
  /** The login of a token, unless it was revoked or its account is disabled. Whether it has expired is the caller's to say. */
  findLogin(tokenHash: Buffer): Promise<LoginRow | undefined>
  findUserByEmail(email: string): Promise<UserRow | undefined>
  findSessionLimit(userId: string): Promise<number>
  /** @throws the database's duplicate key error (`users_email`) when somebody was faster */
  insertUserWithLogin(
    user: Insertable<DB['users']>,
    login: Insertable<DB['auth_sessions']>,
  ): Promise<void>
  insertLogin(login: Insertable<DB['auth_sessions']>): Promise<void>
  /** @returns the login that was revoked by this call, if any */
  revokeLogin(tokenHash: Buffer, at: Date): Promise<{ id: string; user_id: string } | undefined>
  /** Moves `last_seen_at` on, unless somebody did after `since`. */
  slideLogin(id: string, at: Date, since: Date): Promise<void>
}

export function createIdentityRepository(db: Kysely<DB>): IdentityRepository {
  return {
    findLogin(tokenHash) {
      return db
        .selectFrom('auth_sessions')
        .innerJoin('users', 'users.id', 'auth_sessions.user_id')
        .select([
          'auth_sessions.id',
          'auth_sessions.user_id',
          'auth_sessions.last_seen_at',
          'auth_sessions.expires_at',
          'users.email',
          'users.display_name',
          'users.role',
        ])
        .where('auth_sessions.token_hash', '=', tokenHash)
        .where('auth_sessions.revoked_at', 'is', null)
        .where('users.disabled_at', 'is', null)
        .executeTakeFirst()
    },

    findUserByEmail(email) {
      return db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
    },

    async findSessionLimit(userId) {
      const { max_concurrent_sessions } = await db
        .selectFrom('users')
        .select('max_concurrent_sessions')
        .where('id', '=', userId)
        .executeTakeFirstOrThrow()
      return max_concurrent_sessions
    },

    async insertUserWithLogin(user, login) {
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('users').values(user).execute()
        await tx.insertInto('auth_sessions').values(login).execute()
      })
    },

    async insertLogin(login) {
      await db.insertInto('auth_sessions').values(login).execute()
    },

    async revokeLogin(tokenHash, at) {
      const login = await db
        .selectFrom('auth_sessions')
        .select(['id', 'user_id'])
        .where('token_hash', '=', tokenHash)
        .executeTakeFirst()
      if (!login) return undefined
      const { numUpdatedRows } = await db
        .updateTable('auth_sessions')
        .set({ revoked_at: toSqlTime(at) })
        .where('id', '=', login.id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n ? login : undefined
    },

    async slideLogin(id, at, since) {
      await db
        .updateTable('auth_sessions')
        .set({ last_seen_at: toSqlTime(at) })
        .where('id', '=', id)
        .where('last_seen_at', '<=', toSqlTime(since))
        .where('revoked_at', 'is', null)
        .execute()
    },
  }
}
