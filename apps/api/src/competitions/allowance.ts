import type { SubmissionAllowance } from '@medforge/contracts'
import { type DB, toSqlDay } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'

const DAY_MS = 86_400_000

/** What a person has left of the day's cap in one competition: told, not promised. Only `acceptSubmission` decides. */
export async function readAllowance(
  db: Kysely<DB>,
  clock: Clock,
  who: { userId: string; competitionId: string },
): Promise<SubmissionAllowance> {
  const now = clock.now()
  const { submission_cap_per_day: daily_cap } = await db
    .selectFrom('competitions')
    .select('submission_cap_per_day')
    .where('id', '=', who.competitionId)
    .executeTakeFirstOrThrow()
  const used = await countToday(db, who, now)
  const remaining_today = Math.max(0, daily_cap - used)
  return { daily_cap, remaining_today, resets_at: nextMidnight(now).toISOString() }
}

/** Accepted submissions of the UTC day, without those that the platform failed to score. */
export async function countToday(
  db: Kysely<DB>,
  { userId, competitionId }: { userId: string; competitionId: string },
  now: Date,
): Promise<number> {
  const { used } = await db
    .selectFrom('submissions')
    .select((eb) => eb.fn.countAll<number>().as('used'))
    .where('user_id', '=', userId)
    .where('competition_id', '=', competitionId)
    .where('utc_day', '=', toSqlDay(now))
    .where('counts_against_cap', '=', true)
    .executeTakeFirstOrThrow()
  return Number(used)
}

export function nextMidnight(now: Date): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS + DAY_MS)
}
