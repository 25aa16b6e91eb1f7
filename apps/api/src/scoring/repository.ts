import type { DB } from '@medforge/db'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { ScoringJob } from './job.ts'

export type ClaimedFile = {
  job: ScoringJob
  competitionId: string
  userId: string
  requestId: string
}

/** A submission, and the holdout that its row of `targets` names: the competition's own, or that of a re-score. */
export async function readClaimedFile(
  tx: Transaction<DB>,
  targets: 'competitions' | 'rescore_runs',
  targetId: string,
  submissionId: string,
): Promise<ClaimedFile> {
  // Both tables have the columns that are selected.
  const target = `${targets} as target` as 'competitions as target'
  const row = await tx
    .selectFrom('submissions')
    .innerJoin('competitions', 'competitions.id', 'submissions.competition_id')
    .innerJoin(target, (join) => join.on('target.id', '=', targetId))
    .select([
      'submissions.stored_name',
      'submissions.size_bytes',
      'submissions.sha256',
      'submissions.competition_id',
      'submissions.user_id',
      'submissions.request_id',
      'competitions.slug',
      'target.bundle_version',
      'target.metric_version',
      'target.evaluation_split_version',
      'target.manifest_sha256',
    ])
    .where('submissions.id', '=', submissionId)
    .executeTakeFirstOrThrow()
  return {
    job: {
      submissionId,
      storedName: row.stored_name,
      sizeBytes: row.size_bytes,
      sha256: row.sha256.toString('hex'),
      competitionSlug: row.slug,
      bundleVersion: row.bundle_version,
      metricVersion: row.metric_version,
      evaluationSplitVersion: row.evaluation_split_version,
      manifestSha256: row.manifest_sha256,
    },
    competitionId: row.competition_id,
    userId: row.user_id,
    requestId: row.request_id,
  }
}

/**
 * Give a submission up, and its slot of the day back. One that has an official score from before counts as it did: it goes back to
 * `scored` and keeps its slot, and only the operator reads why it got no other.
 */
export async function failSubmission(
  db: Kysely<DB>,
  { submissionId, leaseOwner }: { submissionId: string; leaseOwner: string },
  texts: { forPerson: string; internal: string },
): Promise<void> {
  await sql`
    UPDATE submissions
    LEFT JOIN submission_scores AS score
      ON score.submission_id = submissions.id AND score.official_active = 1
    SET submissions.score_status = IF(score.id IS NULL, 'failed', 'scored'),
      submissions.score_error = IF(score.id IS NULL, ${texts.forPerson}, NULL),
      submissions.score_error_internal = ${texts.internal},
      submissions.counts_against_cap = IF(score.id IS NULL, 0, submissions.counts_against_cap),
      submissions.lease_owner = NULL,
      submissions.lease_expires_at = NULL
    WHERE submissions.id = ${submissionId}
      AND submissions.score_status = 'scoring' AND submissions.lease_owner = ${leaseOwner}
  `.execute(db)
}
