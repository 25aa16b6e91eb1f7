import type { OwnSubmission, Submission } from '@medforge/contracts'
import { toTimestamp } from '@medforge/db'
import type { SubmissionRow } from './repository.ts'

/** A submission as the wire shows it to its owner; schemas of other routes leave the note out. */
export function toSubmission(row: SubmissionRow): OwnSubmission {
  return {
    id: row.id,
    competition_slug: row.competition_slug,
    user_id: row.user_id,
    filename: row.filename,
    note: row.note,
    score_status: row.score_status,
    score_error: row.score_error,
    created_at: toTimestamp(row.created_at),
    scored_at: row.scored_at === null ? null : toTimestamp(row.scored_at),
    official_score: toOfficialScore(row),
    exclusion:
      row.exclusion_reason === null || row.excluded_at === null
        ? null
        : { reason: row.exclusion_reason, at: toTimestamp(row.excluded_at) },
  }
}

function toOfficialScore(row: SubmissionRow): Submission['official_score'] {
  const { score_id, primary_score, score_components, score_created_at } = row
  const { scorer_version, metric_version, evaluation_split_version, manifest_sha256 } = row
  // A left join gives all of a score or nothing.
  if (
    score_id === null ||
    primary_score === null ||
    score_components === null ||
    score_created_at === null ||
    scorer_version === null ||
    metric_version === null ||
    evaluation_split_version === null ||
    manifest_sha256 === null
  ) {
    return null
  }
  return {
    id: score_id,
    primary_score,
    score_components: JSON.parse(score_components),
    scorer_version,
    metric_version,
    evaluation_split_version,
    manifest_sha256,
    created_at: toTimestamp(score_created_at),
  }
}
