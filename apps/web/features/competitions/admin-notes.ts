import type { AdminSubmission } from '@medforge/contracts'
import { plural } from '../../lib/format.ts'
import { remarksOf } from './submission-remarks.ts'

/** What its owner reads about a submission, and what only administrators do. */
export function adminNotesOf(submission: AdminSubmission): string[] {
  const { score_status, blocked_reason, score_error_internal, attempts } = submission
  const notes = remarksOf(submission)
  if (blocked_reason) {
    notes.push(
      'It waits: the holdout on disk is missing or not the one that the competition names. Import the bundle again, or put the folder back from the backup.',
    )
  }
  if (score_error_internal) notes.push(`For administrators: ${score_error_internal}`)
  if (attempts > 1 && score_status !== 'scored')
    notes.push(`${plural(attempts, 'attempt')} so far.`)
  if (!submission.counts_against_cap) notes.push('It does not count against the day.')
  return notes
}
