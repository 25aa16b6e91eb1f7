import type { Submission } from '@medforge/contracts'

/** Why a submission has no score, and why the leaderboard leaves it out. */
export function notesOf({ score_status, score_error, exclusion }: Submission): string[] {
  const notes: string[] = []
  if (score_status === 'failed') notes.push(score_error ?? 'The reason was not recorded.')
  if (exclusion) notes.push(`Taken off the leaderboard: ${exclusion.reason}`)
  return notes
}
