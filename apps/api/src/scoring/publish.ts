import { lockPerson, newId, refreshEntry } from '@medforge/core'
import { type DB, inTransaction, type SqlTime, toSqlTime } from '@medforge/db'
import { SCORER_VERSION, type ScoreResult } from '@medforge/scoring'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Claim, Publication } from './queue.ts'

/**
 * Old official score off, new one on, submission scored: in one transaction, only while the lease is held and the holdout is the current
 * one. `beforeCommit` runs inside it when everything is written.
 */
export async function publishScore(
  db: Kysely<DB>,
  claim: Claim,
  result: ScoreResult,
  now: Date,
  beforeCommit: () => Promise<void> = async () => {},
): Promise<Publication> {
  const { job } = claim
  return inTransaction(db, async (tx) => {
    const held = await tx
      .selectFrom('submissions')
      .select('scored_at')
      .where('id', '=', job.submissionId)
      .where('score_status', '=', 'scoring')
      .where('lease_owner', '=', claim.leaseOwner)
      .forUpdate()
      .executeTakeFirst()
    if (!held) return 'lost'
    // Held until the commit: the holdout cannot be switched in between.
    const current = await tx
      .selectFrom('competitions')
      .select('id')
      .where('id', '=', claim.competitionId)
      .where('metric_version', '=', job.metricVersion)
      .where('evaluation_split_version', '=', job.evaluationSplitVersion)
      .where('manifest_sha256', '=', job.manifestSha256)
      .modifyEnd(sql`LOCK IN SHARE MODE`)
      .executeTakeFirst()
    if (!current) return 'outdated'
    await lockPerson(tx, claim.userId)
    const scoredAt = await replaceOfficial(tx, claim, result, held.scored_at ?? toSqlTime(now))
    await tx
      .updateTable('submissions')
      .set({
        score_status: 'scored',
        score_error: null,
        score_error_internal: null,
        // A score counts against its day, also that of a file which had been given up before.
        counts_against_cap: true,
        scored_at: scoredAt,
        lease_owner: null,
        lease_expires_at: null,
      })
      .where('id', '=', job.submissionId)
      .execute()
    await beforeCommit()
    return 'published'
  })
}

/**
 * @param scoredAt  when the submission got its first official score: a later one keeps that time, so nobody loses a tie by a re-score
 * @returns the time that the official score has
 */
async function replaceOfficial(
  tx: Transaction<DB>,
  { job, competitionId, userId }: Claim,
  result: ScoreResult,
  scoredAt: SqlTime,
): Promise<SqlTime> {
  const before = await tx
    .selectFrom('submission_scores')
    .select([
      'id',
      'primary_score',
      'score_components',
      'scorer_version',
      'metric_version',
      'evaluation_split_version',
      'manifest_sha256',
      'created_at',
    ])
    .where('submission_id', '=', job.submissionId)
    .where('official_active', '=', 1)
    .forUpdate()
    .executeTakeFirst()
  const score_components = JSON.stringify(result.score_components)
  const isSame =
    before !== undefined &&
    before.score_components === score_components &&
    before.scorer_version === SCORER_VERSION &&
    before.metric_version === job.metricVersion &&
    before.evaluation_split_version === job.evaluationSplitVersion &&
    before.manifest_sha256 === job.manifestSha256 &&
    before.primary_score === result.primary_score
  if (isSame) return before.created_at
  if (before) {
    await tx
      .updateTable('submission_scores')
      .set({ is_official: false })
      .where('id', '=', before.id)
      .execute()
  }
  await tx
    .insertInto('submission_scores')
    .values({
      id: newId(),
      submission_id: job.submissionId,
      competition_id: competitionId,
      user_id: userId,
      primary_score: result.primary_score,
      score_components,
      scorer_version: SCORER_VERSION,
      metric_version: job.metricVersion,
      evaluation_split_version: job.evaluationSplitVersion,
      manifest_sha256: job.manifestSha256,
      is_official: true,
      created_at: scoredAt,
    })
    .execute()
  const splits = new Set([job.evaluationSplitVersion])
  if (before) splits.add(before.evaluation_split_version)
  for (const evaluationSplitVersion of splits) {
    await refreshEntry(tx, competitionId, { userId, evaluationSplitVersion })
  }
  return scoredAt
}
