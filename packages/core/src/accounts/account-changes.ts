import type { UserRole } from '@medforge/contracts'
import { type DB, recordAudit, toSqlTime } from '@medforge/db'
import type { Transaction } from 'kysely'
import {
  invalidateCachedLogins,
  lockUserAndAdmins,
  revokeLoginsOf,
  type UserRow,
  updateUser,
} from './repository.ts'

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
  | { kind: 'changed'; user: UserRow }
  | { kind: 'unknown' | 'last-admin' }

/**
 * Change an account's role, limit or admission, each with its audit row; what is so already leaves none.
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
  const { user: before, adminIds } = await lockUserAndAdmins(tx, userId)
  if (!before) return { kind: 'unknown' }

  const desired = {
    role: change.role ?? before.role,
    max_concurrent_sessions: change.maxConcurrentSessions ?? before.max_concurrent_sessions,
    isDisabled: change.isDisabled ?? before.disabled_at !== null,
  }
  const isOnlyAdmin = adminIds.length === 1 && adminIds[0] === userId
  if (isOnlyAdmin && (desired.isDisabled || desired.role !== 'admin')) return { kind: 'last-admin' }

  const entries = [
    ...(desired.role === before.role
      ? []
      : [{ action: 'user.role', detail: { from: before.role, to: desired.role } }]),
    ...(desired.max_concurrent_sessions === before.max_concurrent_sessions
      ? []
      : [
          {
            action: 'user.limit',
            detail: { from: before.max_concurrent_sessions, to: desired.max_concurrent_sessions },
          },
        ]),
    ...(desired.isDisabled === (before.disabled_at !== null)
      ? []
      : [{ action: desired.isDisabled ? 'user.disable' : 'user.enable' }]),
  ]
  if (entries.length === 0) return { kind: 'changed', user: before }

  const isDemoted = before.role === 'admin' && desired.role !== 'admin'
  const demoted_at = isDemoted ? toSqlTime(by.at) : before.demoted_at
  const disabled_at = desired.isDisabled ? (before.disabled_at ?? toSqlTime(by.at)) : null
  const { isDisabled, ...columns } = desired
  const user = { ...before, ...columns, demoted_at, disabled_at }
  await updateUser(tx, userId, { ...columns, demoted_at, disabled_at })
  if (isDisabled) await revokeLoginsOf(tx, userId, by.at)
  else await invalidateCachedLogins(tx, by.at)
  for (const entry of entries) await recordAudit(tx, { ...by, ...entry, subject: userId })
  return { kind: 'changed', user }
}
