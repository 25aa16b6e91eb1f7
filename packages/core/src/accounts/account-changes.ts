import type { UserRole } from '@medforge/contracts'
import { type DB, recordAudit, toSqlTime } from '@medforge/db'
import type { Transaction } from 'kysely'
import { moveAccessEpoch } from '../platform/access-epoch.ts'
import { lockUserAndAdmins, revokeLoginsOf, type UserRow, updateUser } from './repository.ts'

/** What is left out stays as it is. */
export type AccountChange = {
  role?: UserRole
  limits?: AccountLimits
  isDisabled?: boolean
}

/** Sizes in bytes. Null: what the installation gives everybody. */
export type AccountLimits = {
  sessions?: number
  cpu?: number | null
  memory?: number | null
  shm?: number | null
  storage?: number | null
}

const LIMIT_COLUMNS = {
  sessions: 'max_concurrent_sessions',
  cpu: 'cpu_limit',
  memory: 'memory_limit_bytes',
  shm: 'shm_limit_bytes',
  storage: 'storage_limit_bytes',
} as const satisfies Record<keyof AccountLimits, keyof UserRow>

/** Who changes it: an administrator, or (null) the operator on the host. */
export type ChangedBy = { actorUserId: string | null; requestId?: string; at: Date }

/** `last-admin`: it would leave the installation without an administrator, so nothing was changed. */
export type AccountChangeOutcome =
  | { kind: 'changed'; user: UserRow }
  | { kind: 'unknown' | 'last-admin' }

/**
 * Change an account's role, limits or admission, each with its audit row; what is so already leaves none.
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
    isDisabled: change.isDisabled ?? before.disabled_at !== null,
  }
  const isOnlyAdmin = adminIds.length === 1 && adminIds[0] === userId
  if (isOnlyAdmin && (desired.isDisabled || desired.role !== 'admin')) return { kind: 'last-admin' }

  const limits = changedLimits(before, change.limits ?? {})
  const entries = [
    ...(desired.role === before.role
      ? []
      : [{ action: 'user.role', detail: { from: before.role, to: desired.role } }]),
    ...limits.map(({ limit, from, to }) => ({ action: 'user.limit', detail: { limit, from, to } })),
    ...(desired.isDisabled === (before.disabled_at !== null)
      ? []
      : [{ action: desired.isDisabled ? 'user.disable' : 'user.enable' }]),
  ]
  if (entries.length === 0) return { kind: 'changed', user: before }

  const isDemoted = before.role === 'admin' && desired.role !== 'admin'
  const demoted_at = isDemoted ? toSqlTime(by.at) : before.demoted_at
  const disabled_at = desired.isDisabled ? (before.disabled_at ?? toSqlTime(by.at)) : null
  const { isDisabled, role } = desired
  const columns = { role, ...Object.fromEntries(limits.map(({ column, to }) => [column, to])) }
  const user = { ...before, ...columns, demoted_at, disabled_at }
  await updateUser(tx, userId, { ...columns, demoted_at, disabled_at })
  if (isDisabled) await revokeLoginsOf(tx, userId, by.at)
  for (const entry of entries) await recordAudit(tx, { ...by, ...entry, subject: userId })
  await moveAccessEpoch(tx, by.at)
  return { kind: 'changed', user }
}

function changedLimits(before: UserRow, limits: AccountLimits) {
  return Object.entries(LIMIT_COLUMNS).flatMap(([name, column]) => {
    const limit = name as keyof AccountLimits
    const from = before[column]
    const to = limits[limit]
    return to === undefined || to === from ? [] : [{ limit, column, from, to }]
  })
}
