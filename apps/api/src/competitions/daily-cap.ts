import type { SubmissionAllowance } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { type Contestant, countToday, findSubmissionRules } from './repository.ts'

const DAY_MS = 86_400_000

/** What a person has left of the day's cap in one competition: a hint. Only `acceptSubmission` decides. */
export async function readAllowance(
  db: Kysely<DB>,
  contestant: Contestant,
  now: Date,
): Promise<SubmissionAllowance> {
  const { submission_cap_per_day: cap } = await findSubmissionRules(db, contestant.competitionId)
  return allowanceAt(now, cap, await countToday(db, contestant, now))
}

/** The cap counts days of UTC. */
export function allowanceAt(now: Date, dailyCap: number, used: number): SubmissionAllowance {
  const midnight = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS + DAY_MS)
  return {
    daily_cap: dailyCap,
    remaining_today: Math.max(0, dailyCap - used),
    resets_at: midnight.toISOString(),
  }
}
