import { forgetInServers, takeInvitation } from '@medforge/core'
import {
  type DB,
  inTransaction,
  isDuplicateKey,
  recordAudit,
  type SqlTime,
  toSqlTime,
} from '@medforge/db'
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
  /**
   * Account, login and (where one is needed) a use of the invitation, all or nothing.
   *
   * @param invitation  hash of its code
   */
  insertUserWithLogin(
    user: Insertable<DB['users']>,
    login: Insertable<DB['auth_sessions']>,
    invitation: Buffer | null,
    by: { requestId: string; at: Date },
  ): Promise<'made' | 'email-taken' | 'invitation-gone'>
  /** @returns false, and nothing was inserted, when the password is another by now or the account is disabled */
  insertLogin(login: Insertable<DB['auth_sessions']>, passwordHash: string): Promise<boolean>
  /** Right at once in every server that runs. @returns the login that was revoked by this call, if any */
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

    async insertUserWithLogin(user, login, invitation, by) {
      try {
        await inTransaction(db, async (tx) => {
          const used = invitation && (await takeInvitation(tx, invitation, by.at))
          if (invitation && !used) throw new InvitationGoneError()
          await tx.insertInto('users').values(user).execute()
          await tx.insertInto('auth_sessions').values(login).execute()
          if (used) {
            const entry = { actorUserId: user.id, action: 'invitation.use', subject: used }
            await recordAudit(tx, { ...by, ...entry })
          }
        })
        return 'made'
      } catch (error) {
        if (error instanceof InvitationGoneError) return 'invitation-gone'
        if (isDuplicateKey(error, 'users_email')) return 'email-taken'
        throw error
      }
    },

    insertLogin(login, passwordHash) {
      return inTransaction(db, async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select('id')
          .where('id', '=', login.user_id)
          .where('password_hash', '=', passwordHash)
          .where('disabled_at', 'is', null)
          .forUpdate()
          .executeTakeFirst()
        if (user) await tx.insertInto('auth_sessions').values(login).execute()
        return user !== undefined
      })
    },

    revokeLogin(tokenHash, at) {
      return inTransaction(db, async (tx) => {
        const login = await tx
          .selectFrom('auth_sessions')
          .select(['id', 'user_id'])
          .where('token_hash', '=', tokenHash)
          .where('revoked_at', 'is', null)
          .forUpdate()
          .executeTakeFirst()
        if (!login) return undefined
        await tx
          .updateTable('auth_sessions')
          .set({ revoked_at: toSqlTime(at) })
          .where('id', '=', login.id)
          .execute()
        await forgetInServers(tx, at)
        return login
      })
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

/** Rolls the transaction back: a sign-up that takes no use of its invitation leaves nothing. */
class InvitationGoneError extends Error {
  override readonly name = 'InvitationGoneError'
}
