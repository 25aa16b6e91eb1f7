import type { Submission } from '@medforge/contracts'

/** Why a submission has no score, and why the leaderboard leaves it out. */
export function remarksOf({ score_status, score_error, exclusion }: Submission): string[] {
  const remarks: string[] = []
  if (score_status === 'failed') remarks.push(score_error ?? 'The reason was not recorded.')
  if (exclusion) remarks.push(`Taken off the leaderboard: ${exclusion.reason}`)
  return remarks
}
