import type { Submission } from '@medforge/contracts'

export type DailyCap = { remaining: number; resetsAt: string }

/**
 * How many submissions are left in the UTC day of `now`. The platform gives a slot back when scoring failed on its side,
 * so failed ones do not count.
 *
 * @param submissions  at least those of today, in any order
 */
export function dailyCap(submissions: readonly Submission[], cap: number, now: number): DailyCap {
  const today = new Date(now).toISOString().slice(0, 10)
  const used = submissions.filter(
    ({ created_at, score_status }) => created_at.startsWith(today) && score_status !== 'failed',
  ).length
  const midnight = new Date(`${today}T00:00:00Z`)
  midnight.setUTCDate(midnight.getUTCDate() + 1)
  return { remaining: Math.max(0, cap - used), resetsAt: midnight.toISOString() }
}
