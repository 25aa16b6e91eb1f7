import { forgetInServers } from '@medforge/core'
import { type DB, inTransaction, recordAudit, type SqlTime, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'

export type OwnLogin = {
  id: string
  created_at: SqlTime
  last_seen_at: SqlTime
  expires_at: SqlTime
}

/** Where a page ended. */
export type LoginKey = { created_at: SqlTime; id: string }

type Who = { userId: string; requestId: string; at: Date }

/** What people change about their own account. Every change is right at once in every server that runs. */
export interface AccountRepository {
  /** Logins that still count, newest first. */
  listLogins(
    userId: string,
    page: { limit: number; after: LoginKey | null; at: Date; seenAfter: Date },
  ): Promise<OwnLogin[]>
  findPasswordHash(userId: string): Promise<string | undefined>
  /**
   * New password, new token for this login, end of all others: all or nothing. By its audit row the reconciler knows that what was opened
   * with the old token has to end too.
   *
   * @returns ids of the logins that ended; undefined, and nothing changed, when the password is not `from` any more or the login is gone
   */
  changePassword(
    who: Who & { loginId: string; tokenHash: Buffer },
    from: string,
    to: string,
  ): Promise<string[] | undefined>
  rename(who: Who, displayName: string): Promise<void>
  /** @returns whether this call ended it: false when it is somebody else's, unknown, or had ended */
  endLogin(userId: string, loginId: string, at: Date): Promise<boolean>
  /** @returns ids of the logins that ended */
  endOtherLogins(userId: string, loginId: string, at: Date): Promise<string[]>
}

export function createAccountRepository(db: Kysely<DB>): AccountRepository {
  return {
    listLogins(userId, { limit, after, at, seenAfter }) {
      let query = db
        .selectFrom('auth_sessions')
        .select(['id', 'created_at', 'last_seen_at', 'expires_at'])
        .where('user_id', '=', userId)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', toSqlTime(at))
        .where('last_seen_at', '>', toSqlTime(seenAfter))
      if (after) {
        query = query.where(({ or, and, eb }) =>
          or([
            eb('created_at', '<', after.created_at),
            and([eb('created_at', '=', after.created_at), eb('id', '<', after.id)]),
          ]),
        )
      }
      return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },

    async findPasswordHash(userId) {
      const user = await db
        .selectFrom('users')
        .select('password_hash')
        .where('id', '=', userId)
        .executeTakeFirst()
      return user?.password_hash
    },

    changePassword({ userId, loginId, tokenHash, requestId, at }, from, to) {
      return inTransaction(db, async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select('password_hash')
          .where('id', '=', userId)
          .where('disabled_at', 'is', null)
          .forUpdate()
          .executeTakeFirst()
        if (user?.password_hash !== from) return undefined
        const { numUpdatedRows } = await tx
          .updateTable('auth_sessions')
          .set({ token_hash: tokenHash })
          .where('id', '=', loginId)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return undefined
        await tx.updateTable('users').set({ password_hash: to }).where('id', '=', userId).execute()
        const ended = await endOthers(tx, userId, loginId, at)
        // Also where it was the only login: its token is another one now.
        await forgetInServers(tx, at)
        const entry = { actorUserId: userId, action: 'user.password_change', subject: userId }
        await recordAudit(tx, { ...entry, requestId, at, detail: { logins_ended: ended.length } })
        return ended
      })
    },

    rename({ userId, requestId, at }, displayName) {
      return inTransaction(db, async (tx) => {
        const user = await tx
          .selectFrom('users')
          .select('display_name')
          .where('id', '=', userId)
          .forUpdate()
          .executeTakeFirstOrThrow()
        if (user.display_name === displayName) return
        await tx
          .updateTable('users')
          .set({ display_name: displayName })
          .where('id', '=', userId)
          .execute()
        await forgetInServers(tx, at)
        const detail = { from: user.display_name, to: displayName }
        const entry = { actorUserId: userId, action: 'user.rename', subject: userId }
        await recordAudit(tx, { ...entry, requestId, at, detail })
      })
    },

    endLogin(userId, loginId, at) {
      return inTransaction(db, async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('auth_sessions')
          .set({ revoked_at: toSqlTime(at) })
          .where('id', '=', loginId)
          .where('user_id', '=', userId)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        await forgetInServers(tx, at)
        return true
      })
    },

    endOtherLogins(userId, loginId, at) {
      return inTransaction(db, async (tx) => {
        const ended = await endOthers(tx, userId, loginId, at)
        // Every server asks the database about everybody again: nobody brings that about by ending nothing.
        if (ended.length > 0) await forgetInServers(tx, at)
        return ended
      })
    },
  }
}

/** The caller makes the servers forget. */
async function endOthers(
  tx: Transaction<DB>,
  userId: string,
  loginId: string,
  at: Date,
): Promise<string[]> {
  const others = await tx
    .selectFrom('auth_sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', '!=', loginId)
    .where('revoked_at', 'is', null)
    .forUpdate()
    .execute()
  const ids = others.map(({ id }) => id)
  if (ids.length > 0) {
    await tx
      .updateTable('auth_sessions')
      .set({ revoked_at: toSqlTime(at) })
      .where('id', 'in', ids)
      .execute()
  }
  return ids
}
