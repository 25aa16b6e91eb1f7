import type { UserRole } from '@medforge/contracts'
import { moveAccessEpoch, revokeAccessTokensOf, takeInvitation, type UserRow } from '@medforge/core'
import {
  type CreatedKey,
  type DB,
  type DisplayNameKeys,
  displayNameKeys,
  inTransaction,
  isDisplayNameTaken,
  isDuplicateKey,
  newestFirst,
  type Page,
  type PageRequest,
  readPage,
  recordAudit,
  type SqlTime,
  toSqlTime,
} from '@medforge/db'
import type { Insertable, Kysely, Transaction } from 'kysely'

export type LoginRow = {
  id: string
  user_id: string
  email: string
  display_name: string
  role: UserRole
  last_seen_at: SqlTime
  expires_at: SqlTime
}

/** The login of a token, unless it was revoked or its account is disabled. Whether it has expired is the caller's to decide. */
export async function findLogin(db: Kysely<DB>, tokenHash: Buffer): Promise<LoginRow | undefined> {
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
}

export async function findSessionLimit(db: Kysely<DB>, userId: string): Promise<number> {
  const { max_concurrent_sessions } = await db
    .selectFrom('users')
    .select('max_concurrent_sessions')
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  return max_concurrent_sessions
}

export async function findPasswordHash(
  db: Kysely<DB>,
  userId: string,
): Promise<string | undefined> {
  const user = await db
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', userId)
    .executeTakeFirst()
  return user?.password_hash
}

/** Who makes a login or an account, for the audit log. */
export type ByClient = {
  requestId: string
  /** Of the client, as the edge gives it. */
  address: string
  at: Date
}

/**
 * Account, login and (where one is needed) a use of the invitation, all or nothing.
 *
 * @param invitation  hash of its code
 */
export async function insertUserWithLogin(
  db: Kysely<DB>,
  user: Omit<Insertable<DB['users']>, keyof DisplayNameKeys>,
  login: Insertable<DB['auth_sessions']>,
  invitation: Buffer | null,
  by: ByClient,
): Promise<'made' | 'email-taken' | 'display-name-taken' | 'invitation-gone'> {
  try {
    await inTransaction(db, async (tx) => {
      const used = invitation && (await takeInvitation(tx, invitation, by.at))
      if (invitation && !used) throw new InvitationGoneError()
      const keys = displayNameKeys(user.display_name)
      await tx
        .insertInto('users')
        .values({ ...user, ...keys })
        .execute()
      await tx.insertInto('auth_sessions').values(login).execute()
      const entry = { actorUserId: user.id, requestId: by.requestId, at: by.at }
      const detail = { address: by.address }
      await recordAudit(tx, { ...entry, action: 'user.signup', subject: user.id, detail })
      if (used) await recordAudit(tx, { ...entry, action: 'invitation.use', subject: used })
    })
    return 'made'
  } catch (error) {
    if (error instanceof InvitationGoneError) return 'invitation-gone'
    if (isDuplicateKey(error, 'users_email')) return 'email-taken'
    if (isDisplayNameTaken(error)) return 'display-name-taken'
    throw error
  }
}

/** Rolls the transaction back: a sign-up that takes no use of its invitation leaves nothing. */
class InvitationGoneError extends Error {
  override readonly name = 'InvitationGoneError'
}

/** @returns false, and nothing was inserted, when the password is another by now or the account is disabled */
export async function insertLogin(
  db: Kysely<DB>,
  login: Insertable<DB['auth_sessions']>,
  passwordHash: string,
  { requestId, address, at }: ByClient,
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const user = await lockSignedInUser(tx, login.user_id)
    if (user?.password_hash !== passwordHash) return false
    await tx.insertInto('auth_sessions').values(login).execute()
    const entry = { actorUserId: login.user_id, action: 'user.login', subject: login.user_id }
    await recordAudit(tx, { ...entry, requestId, at, detail: { address, role: user.role } })
    return true
  })
}

/** Whether an account has, or lately had, a login that was made by this client. */
export async function hasLoginFrom(
  db: Kysely<DB>,
  userId: string,
  client: string,
): Promise<boolean> {
  const login = await db
    .selectFrom('auth_sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('client', '=', client)
    .limit(1)
    .executeTakeFirst()
  return login !== undefined
}

/** Moves `last_seen_at` on, unless somebody did after `since`. */
export async function slideLogin(db: Kysely<DB>, id: string, at: Date, since: Date): Promise<void> {
  await db
    .updateTable('auth_sessions')
    .set({ last_seen_at: toSqlTime(at) })
    .where('id', '=', id)
    .where('last_seen_at', '<=', toSqlTime(since))
    .where('revoked_at', 'is', null)
    .execute()
}

export type OwnLogin = {
  id: string
  created_at: SqlTime
  last_seen_at: SqlTime
  expires_at: SqlTime
}

/** A person's logins that still count, newest first. */
export async function listLogins(
  db: Kysely<DB>,
  userId: string,
  { at, seenAfter }: { at: Date; seenAfter: Date },
  page: PageRequest<CreatedKey>,
): Promise<Page<OwnLogin, CreatedKey>> {
  const query = db
    .selectFrom('auth_sessions')
    .select(['id', 'created_at', 'last_seen_at', 'expires_at'])
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', toSqlTime(at))
    .where('last_seen_at', '>', toSqlTime(seenAfter))
  return readPage(query, newestFirst('auth_sessions'), page)
}

/** The login of a token, revoked. @returns undefined when there was none to revoke */
export async function revokeLoginByToken(
  db: Kysely<DB>,
  tokenHash: Buffer,
  at: Date,
): Promise<{ id: string; user_id: string } | undefined> {
  return inTransaction(db, async (tx) => {
    const login = await tx
      .selectFrom('auth_sessions')
      .select(['id', 'user_id'])
      .where('token_hash', '=', tokenHash)
      .where('revoked_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!login) return undefined
    await revoke(tx, [login.id], at)
    await moveAccessEpoch(tx, at)
    return login
  })
}

/** @returns whether this call ended it: false when it is somebody else's, unknown, or had ended */
export async function revokeOwnLogin(
  db: Kysely<DB>,
  userId: string,
  loginId: string,
  at: Date,
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('auth_sessions')
      .set({ revoked_at: toSqlTime(at) })
      .where('id', '=', loginId)
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await moveAccessEpoch(tx, at)
    return true
  })
}

/** @returns ids of the logins that ended */
export async function revokeOtherLogins(
  db: Kysely<DB>,
  userId: string,
  loginId: string,
  at: Date,
): Promise<string[]> {
  return inTransaction(db, async (tx) => {
    const ended = await revokeOthers(tx, userId, loginId, at)
    // Every server asks the database about everybody again: nobody brings that about by ending nothing.
    if (ended.length > 0) await moveAccessEpoch(tx, at)
    return ended
  })
}

type Change = { userId: string; requestId: string; at: Date }
type PasswordChange = Change & { address: string; loginId: string; tokenHash: Buffer }

/**
 * New password, new token for this login, end of all others and of personal tokens: all or nothing. What was opened with the old token ends too.
 *
 * @returns ids of the logins that ended; undefined, and nothing changed, when the password is not `from` any more or the login is gone
 */
export async function changePassword(
  db: Kysely<DB>,
  { userId, loginId, tokenHash, requestId, address, at }: PasswordChange,
  from: string,
  to: string,
): Promise<string[] | undefined> {
  return inTransaction(db, async (tx) => {
    const user = await lockSignedInUser(tx, userId)
    if (user?.password_hash !== from) return undefined
    const { numUpdatedRows } = await tx
      .updateTable('auth_sessions')
      .set({ token_hash: tokenHash, token_replaced_at: toSqlTime(at) })
      .where('id', '=', loginId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return undefined
    await tx.updateTable('users').set({ password_hash: to }).where('id', '=', userId).execute()
    const ended = await revokeOthers(tx, userId, loginId, at)
    await forgetClients(tx, userId, loginId)
    await revokeAccessTokensOf(tx, userId, at)
    const entry = { actorUserId: userId, action: 'user.password_change', subject: userId }
    const detail = { address, logins_ended: ended.length }
    await recordAudit(tx, { ...entry, requestId, at, detail })
    // Also where it was the only login: its token is another one now.
    await moveAccessEpoch(tx, at)
    return ended
  })
}

/** @returns false, and nothing changed, where somebody has this name or one that looks like it */
export async function renameUser(
  db: Kysely<DB>,
  change: Change,
  displayName: string,
): Promise<boolean> {
  try {
    await setDisplayName(db, change, displayName)
    return true
  } catch (error) {
    if (isDisplayNameTaken(error)) return false
    throw error
  }
}

async function setDisplayName(
  db: Kysely<DB>,
  { userId, requestId, at }: Change,
  displayName: string,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const user = await tx
      .selectFrom('users')
      .select('display_name')
      .where('id', '=', userId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (user.display_name === displayName) return
    await tx
      .updateTable('users')
      .set({ display_name: displayName, ...displayNameKeys(displayName) })
      .where('id', '=', userId)
      .execute()
    const detail = { from: user.display_name, to: displayName }
    const entry = { actorUserId: userId, action: 'user.rename', subject: userId }
    await recordAudit(tx, { ...entry, requestId, at, detail })
  })
}

/** Delete logins that expired before, revoked ones with them. @returns how many, `limit` at most */
export async function deleteExpiredLogins(
  db: Kysely<DB>,
  { before, at }: { before: Date; at: Date },
  limit: number,
): Promise<number> {
  return inTransaction(db, async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('auth_sessions')
      .where('expires_at', '<', toSqlTime(before))
      .orderBy('expires_at')
      .limit(limit)
      .executeTakeFirst()
    if (numDeletedRows > 0n) await moveAccessEpoch(tx, at)
    return Number(numDeletedRows)
  })
}

async function lockSignedInUser(
  tx: Transaction<DB>,
  id: string,
): Promise<Pick<UserRow, 'password_hash' | 'role'> | undefined> {
  return tx
    .selectFrom('users')
    .select(['password_hash', 'role'])
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

async function revokeOthers(
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
  if (ids.length > 0) await revoke(tx, ids, at)
  return ids
}

/** Whoever knew the old password gets no advantage from where they logged in with it. */
async function forgetClients(tx: Transaction<DB>, userId: string, loginId: string): Promise<void> {
  await tx
    .updateTable('auth_sessions')
    .set({ client: null })
    .where('user_id', '=', userId)
    .where('id', '!=', loginId)
    .execute()
}

async function revoke(tx: Transaction<DB>, ids: readonly string[], at: Date): Promise<void> {
  await tx
    .updateTable('auth_sessions')
    .set({ revoked_at: toSqlTime(at) })
    .where('id', 'in', ids)
    .execute()
}
