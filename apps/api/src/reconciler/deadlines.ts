import { type LifecycleLimits, latestDeadlineOf, updateFacts } from '@medforge/core'
import { type DB, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { SessionWorkRow } from './repository.ts'
import type { ContainerFact } from './runtime/port.ts'

/**
 * Set a deadline anew that is further away than any can be, because the clock was put back.
 *
 * @returns whether the row has to be read again
 */
export async function correctDeadline(
  { db, clock, limits }: { db: Kysely<DB>; clock: Clock; limits: LifecycleLimits },
  row: SessionWorkRow,
): Promise<boolean> {
  const latest = latestDeadlineOf(row.status, row.failed_at !== null, clock.now(), limits)
  if (row.deadline_at === null || latest === null) return false
  if (sqlTimeToMs(row.deadline_at) <= latest.getTime()) return false
  await updateFacts(db, row, { deadline_at: toSqlTime(latest) })
  return true
}

export interface SnapshotDeadlines {
  /** When the last snapshot is given up, in milliseconds since the epoch; null: not before the container was seen gone. */
  of(row: Pick<SessionWorkRow, 'id' | 'deadline_at'>, container: ContainerFact): number | null
  forget(sessionId: string): void
}

/**
 * A snapshot's deadline is the row's, and never earlier than a stop's time after this process first saw the container gone: after a power
 * cut, or when the container resisted, the row's deadline may be over before the snapshot could be tried.
 *
 * @param monotonicMs  a clock that is never set
 */
export function createSnapshotDeadlines(
  clock: Clock,
  stopTimeoutMs: number,
  monotonicMs: () => number,
): SnapshotDeadlines {
  const goneSinceMs = new Map<string, number>()
  return {
    of({ id, deadline_at }, container) {
      if (container.kind === 'present') goneSinceMs.delete(id)
      if (container.kind === 'present' || container.kind === 'unknown') return null
      const nowMs = monotonicMs()
      const sinceMs = goneSinceMs.get(id) ?? nowMs
      goneSinceMs.set(id, sinceMs)
      const leftMs = sinceMs + stopTimeoutMs - nowMs
      const deadlineMs = deadline_at === null ? 0 : sqlTimeToMs(deadline_at)
      return Math.max(deadlineMs, clock.now().getTime() + leftMs)
    },
    forget: (sessionId) => void goneSinceMs.delete(sessionId),
  }
}
