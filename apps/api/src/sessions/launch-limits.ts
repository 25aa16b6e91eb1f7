import { formatGib, lockUser, personQuota, type UserRow, workspaceQuota } from '@medforge/core'
import { type DB, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Transaction } from 'kysely'
import type { LaunchConfig } from '../config/config.ts'
import { DomainError } from '../http/domain-error.ts'
import type { Clock } from '../lib/clock.ts'
import { countActive, findNthLaunch, findStorageUsage } from './repository.ts'

const HOUR_MS = 3_600_000

/**
 * Lock the person's row, so that two launches of one person are decided one after the other, and check that they may have another session.
 *
 * @throws DomainError in this order: `authentication_required` for an account that is disabled by now, `concurrent_limit_reached`, `launch_limit_reached`
 */
export async function assertMayLaunch(
  tx: Transaction<DB>,
  userId: string,
  { clock, launches }: { clock: Clock; launches: Pick<LaunchConfig, 'perHour'> },
): Promise<Pick<UserRow, 'storage_limit_bytes'>> {
  // Before any other read: a snapshot taken earlier would not show what the lock waited for.
  const user = await lockUser(tx, userId)
  // The account was disabled after this request was let in.
  if (user.disabled_at !== null) {
    throw new DomainError('authentication_required', { detail: 'Authentication required.' })
  }
  await assertSessionLeft(tx, userId, user.max_concurrent_sessions)
  // After the lock: what it waited for is in the past.
  await assertLaunchLeft(tx, userId, launches.perHour, clock.now())
  return user
}

async function assertSessionLeft(
  tx: Transaction<DB>,
  userId: string,
  limit: number,
): Promise<void> {
  if ((await countActive(tx, userId)) < limit) return
  const advice =
    limit === 0
      ? 'Your account may hold no sessions. Ask the operator.'
      : 'Stop a session before you launch another.'
  throw new DomainError('concurrent_limit_reached', {
    detail: `Concurrent session limit of ${limit} reached. ${advice}`,
  })
}

async function assertLaunchLeft(
  tx: Transaction<DB>,
  userId: string,
  limit: number,
  now: Date,
): Promise<void> {
  // Rows from after `now`, of a clock that was put back since, do not count.
  const period = { after: toSqlTime(new Date(now.getTime() - HOUR_MS)), upTo: toSqlTime(now) }
  const earliest = await findNthLaunch(tx, userId, limit, period)
  if (earliest === undefined) return
  const seconds = Math.ceil((sqlTimeToMs(earliest) + HOUR_MS - now.getTime()) / 1000)
  const minutes = Math.ceil(seconds / 60)
  throw new DomainError('launch_limit_reached', {
    detail: `You launched ${limit} ${limit === 1 ? 'session' : 'sessions'} within an hour, which is the limit. Launch again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    headers: { 'retry-after': String(Math.max(1, seconds)) },
  })
}

/**
 * What the workspace of another session may hold, in bytes.
 *
 * Sessions of one person at once each get what was left when they were launched, so together they may pass the quota; the next launch is
 * then refused.
 *
 * @throws DomainError `storage_limit_reached` while the person uses more than their quota
 */
export async function grantWorkspace(
  tx: Transaction<DB>,
  person: { userId: string; overrideBytes: number | null },
  launches: Pick<LaunchConfig, 'personQuotaGb' | 'workspaceQuotaGb'>,
  poolBytes: number | undefined,
): Promise<number> {
  const { usedBytes, snapshotsBytes } = await findStorageUsage(tx, person.userId)
  const { overrideBytes } = person
  const quotaBytes = personQuota({ overrideBytes, settingGb: launches.personQuotaGb, poolBytes })
  if (usedBytes <= quotaBytes) {
    return workspaceQuota({ quotaBytes, usedBytes, settingGb: launches.workspaceQuotaGb })
  }
  const workspaces = formatGib(usedBytes - snapshotsBytes)
  const snapshots = formatGib(snapshotsBytes)
  throw new DomainError('storage_limit_reached', {
    detail: `Your files use ${formatGib(usedBytes)} of the ${formatGib(quotaBytes)} that you may use: ${workspaces} in workspaces and ${snapshots} in snapshots. Ask the operator to remove what you no longer need, or to raise your limit.`,
  })
}
