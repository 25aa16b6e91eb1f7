import { randomBytes } from 'node:crypto'
import type { UserRole } from '@medforge/contracts'
import { type DB, recordAudit, toSqlTime } from '@medforge/db'
import type { Kysely, Selectable, Transaction } from 'kysely'

/** What is left out stays as it is. */
export type AccountChange = {
  role?: UserRole
  maxConcurrentSessions?: number
  isDisabled?: boolean
}

/** Who changes it: an administrator, or (null) the operator on the host. */
export type ChangedBy = { actorUserId: string | null; requestId?: string; at: Date }

/** `last-admin`: it would leave the installation without an administrator, so nothing was changed. */
export type AccountChangeOutcome =
  | { kind: 'changed'; user: Selectable<DB['users']> }
  | { kind: 'unknown' | 'last-admin' }

/**
 * Change an account's role, limit or admission, each with its audit row; what is as wished already leaves none.
 *
 * Disabling ends every login of the account. A running server answers by the new facts at once, open sockets end within ten
 * seconds. Sessions go on, so that no work is cut off: whoever wants the GPU back stops them.
 */
export async function changeAccount(
  tx: Transaction<DB>,
  userId: string,
  change: AccountChange,
  by: ChangedBy,
): Promise<AccountChangeOutcome> {
  // All of them, in one order: two administrators who disable each other at once leave one.
  const admins = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  const before = await tx
    .selectFrom('users')
    .selectAll()
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirst()
  if (!before) return { kind: 'unknown' }

  const wished = {
    role: change.role ?? before.role,
    max_concurrent_sessions: change.maxConcurrentSessions ?? before.max_concurrent_sessions,
    isDisabled: change.isDisabled ?? before.disabled_at !== null,
  }
  const isOnlyAdmin = admins.length === 1 && admins[0]?.id === userId
  if (isOnlyAdmin && (wished.isDisabled || wished.role !== 'admin')) return { kind: 'last-admin' }

  const entries = [
    ...(wished.role === before.role
      ? []
      : [{ action: 'user.role', detail: { from: before.role, to: wished.role } }]),
    ...(wished.max_concurrent_sessions === before.max_concurrent_sessions
      ? []
      : [
          {
            action: 'user.limit',
            detail: { from: before.max_concurrent_sessions, to: wished.max_concurrent_sessions },
          },
        ]),
    ...(wished.isDisabled === (before.disabled_at !== null)
      ? []
      : [{ action: wished.isDisabled ? 'user.disable' : 'user.enable' }]),
  ]
  if (entries.length === 0) return { kind: 'changed', user: before }

  const disabledAt = wished.isDisabled ? (before.disabled_at ?? toSqlTime(by.at)) : null
  const { isDisabled, ...columns } = wished
  await tx
    .updateTable('users')
    .set({ ...columns, disabled_at: disabledAt })
    .where('id', '=', userId)
    .execute()
  if (isDisabled) await endLogins(tx, userId, by.at)
  else await forgetInServers(tx, by.at)
  for (const entry of entries) await recordAudit(tx, { ...by, ...entry, subject: userId })
  return { kind: 'changed', user: { ...before, ...columns, disabled_at: disabledAt } }
}

/** End every login of an account, also in the memory of a server that runs. */
export async function endLogins(tx: Kysely<DB>, userId: string, at: Date): Promise<void> {
  await tx
    .updateTable('auth_sessions')
    .set({ revoked_at: toSqlTime(at) })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute()
  await forgetInServers(tx, at)
}

/** Servers answer from memory; they ask the database again when this row has changed. */
export async function forgetInServers(tx: Kysely<DB>, at: Date): Promise<void> {
  const epoch = {
    value: JSON.stringify(randomBytes(12).toString('hex')),
    updated_at: toSqlTime(at),
  }
  await tx
    .insertInto('platform_state')
    .values({ name: 'epoch', ...epoch })
    .onDuplicateKeyUpdate(epoch)
    .execute()
}
