import { randomInt } from 'node:crypto'
import {
  canonicalEmail,
  findUserByEmail,
  hashPassword,
  moveAccessEpoch,
  newId,
  revokeLoginsOf,
  updateUser,
} from '@medforge/core'
import {
  createDatabase,
  type DB,
  displayNameKeys,
  inTransaction,
  isDisplayNameTaken,
  numberedNames,
  recordAudit,
  toSqlTime,
} from '@medforge/db'
import type { Transaction } from 'kysely'
import { Failure } from '../failure.ts'

/** Letters and digits that cannot be mistaken for one another. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** 24 characters, about 139 bits, in groups of six. */
export function makePassword(): string {
  const letters = Array.from({ length: 24 }, () => ALPHABET[randomInt(ALPHABET.length)])
  return letters.join('').replace(/(.{6})(?=.)/g, '$1-')
}

export type NewAdmin = { email: string; password: string }

/**
 * Create the first administrator where the installation has none. An account of that address which already exists is
 * made one, with a new password and without its earlier logins: whoever can run this command owns the host.
 *
 * @returns the credentials, which are stored nowhere else; undefined when there was an administrator already
 */
export async function ensureFirstAdmin(
  databaseUrl: string,
  email: string,
): Promise<NewAdmin | undefined> {
  await using db = createDatabase(databaseUrl, { poolSize: 1 })
  const admin = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (admin) return undefined
  const address = canonicalEmail(email)
  if (address === null) {
    throw new Failure(
      `${email} is no e-mail address, so no administrator can be made with it.`,
      'Give one such as admin@example.org.',
    )
  }
  const password = makePassword()
  const password_hash = await hashPassword(password)
  const now = new Date()
  await inTransaction(db, async (tx) => {
    const id = await makeAdmin(tx, address, password_hash, now)
    // Whoever signed up with this address first is not who reads this password: no login of theirs may become an administrator's.
    await revokeLoginsOf(tx, id, now)
    const entry = { actorUserId: null, action: 'user.first_admin', subject: id, at: now }
    await recordAudit(tx, entry)
    await moveAccessEpoch(tx, now)
  })
  return { email: address, password }
}

/** @returns the account's id */
async function makeAdmin(
  tx: Transaction<DB>,
  email: string,
  password_hash: string,
  now: Date,
): Promise<string> {
  const known = await tx
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .forUpdate()
    .executeTakeFirst()
  if (known) {
    const columns = { password_hash, role: 'admin', disabled_at: null } as const
    await updateUser(tx, known.id, columns)
    return known.id
  }
  const id = newId()
  await insertAdmin(tx, { id, email, password_hash, created_at: toSqlTime(now) })
  return id
}

/** By the first of the numbered names that nobody has. */
async function insertAdmin(
  tx: Transaction<DB>,
  account: { id: string; email: string; password_hash: string; created_at: string },
): Promise<void> {
  for (const display_name of numberedNames('Administrator')) {
    const row = {
      ...account,
      display_name,
      ...displayNameKeys(display_name),
      role: 'admin' as const,
      disabled_at: null,
    }
    try {
      await tx.insertInto('users').values(row).execute()
      return
    } catch (error) {
      if (!isDisplayNameTaken(error)) throw error
    }
  }
}

/**
 * Give an account a new random password and end all of its logins.
 *
 * @throws Failure when there is no such account
 */
export async function resetPassword(databaseUrl: string, address: string): Promise<NewAdmin> {
  const email = canonicalEmail(address)
  await using db = createDatabase(databaseUrl, { poolSize: 1 })
  const user = email === null ? undefined : await findUserByEmail(db, email)
  if (!user) {
    throw new Failure(
      `There is no account with the address ${email ?? address}.`,
      'Check the spelling; ./medforge users list shows every address.',
    )
  }
  const password = makePassword()
  const password_hash = await hashPassword(password)
  const now = new Date()
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('users').set({ password_hash }).where('id', '=', user.id).execute()
    await revokeLoginsOf(tx, user.id, now)
    await recordAudit(tx, {
      actorUserId: null,
      action: 'user.password_reset',
      subject: user.id,
      at: now,
    })
    await moveAccessEpoch(tx, now)
  })
  return { email: user.email, password }
}
