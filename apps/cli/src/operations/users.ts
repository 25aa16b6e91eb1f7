import type { AdminUser } from '@medforge/contracts'
import {
  type AccountChange,
  canonicalEmail,
  changeAccount,
  findUser,
  findUserByEmail,
  listUsers,
  personQuota,
  readReconcilerState,
} from '@medforge/core'
import { type CreatedKey, type DB, inTransaction } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Failure } from '../failure.ts'
import { requireSetting } from '../stack/settings.ts'
import type { Setting } from './setting.ts'

const PAGE = 500

/** An account with what it may use of the pool, in bytes. */
export type Account = AdminUser & { storage_quota_bytes: number }

/** Tells each account's storage limit, by what the reconciler knew of the pool last. */
export async function readQuotas({
  db,
  settings,
}: Pick<Setting, 'db' | 'settings'>): Promise<(user: AdminUser) => Account> {
  const settingGb = requireSetting('PERSON_QUOTA_GB', settings, 'deploy/compose/.env')
  const { poolBytes } = await readReconcilerState(db, { now: () => new Date() })
  return (user) => {
    const overrideBytes = user.limits.storage_bytes
    return { ...user, storage_quota_bytes: personQuota({ overrideBytes, settingGb, poolBytes }) }
  }
}

/** Every account, newest first, whose address or name has `q` in it. */
export async function readUsers(db: Kysely<DB>, q?: string): Promise<AdminUser[]> {
  const users: AdminUser[] = []
  for (let after: CreatedKey | null = null; ; ) {
    const page: Awaited<ReturnType<typeof listUsers>> = await listUsers(db, q, {
      limit: PAGE,
      after,
    })
    users.push(...page.rows)
    if (page.next === null) return users
    after = page.next
  }
}

/**
 * An account by its address.
 *
 * @throws Failure when there is none
 */
export async function requireUser(db: Kysely<DB>, address: string): Promise<AdminUser> {
  const email = canonicalEmail(address)
  const row = email === null ? undefined : await findUserByEmail(db, email)
  const user = row && (await findUser(db, row.id))
  if (user) return user
  throw new Failure(
    `There is no account with the address ${email ?? address}.`,
    'Check the spelling; ./medforge users list shows every address.',
  )
}

/**
 * Change an account as the operator, with an audit row for each change; what is so already leaves none.
 *
 * @throws Failure where it would leave nobody who can administrate
 */
export async function changeUser(
  db: Kysely<DB>,
  user: Pick<AdminUser, 'user_id' | 'email'>,
  change: AccountChange,
): Promise<AdminUser> {
  const by = { actorUserId: null, at: new Date() }
  const outcome = await inTransaction(db, (tx) => changeAccount(tx, user.user_id, change, by))
  if (outcome.kind === 'last-admin') {
    throw new Failure(
      `${user.email} is the only administrator who can sign in; nothing was changed.`,
      'Make somebody else one first: ./medforge users promote <email>.',
    )
  }
  return requireUser(db, user.email)
}
