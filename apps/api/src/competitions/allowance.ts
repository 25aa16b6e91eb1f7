import type { SubmissionAllowance } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { type Contestant, countToday, findSubmissionRules } from './repository.ts'

const DAY_MS = 86_400_000

/** What a person has left of the day's cap in one competition: a hint. Only `acceptSubmission` decides. */
export async function readAllowance(
  db: Kysely<DB>,
  clock: Clock,
  who: Contestant,
): Promise<SubmissionAllowance> {
  const now = clock.now()
  const { submission_cap_per_day: daily_cap } = await findSubmissionRules(db, who.competitionId)
  const used = await countToday(db, who, now)
  const remaining_today = Math.max(0, daily_cap - used)
  return { daily_cap, remaining_today, resets_at: nextMidnight(now).toISOString() }
}

export function nextMidnight(now: Date): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS + DAY_MS)
}
