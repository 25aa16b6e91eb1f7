import { type DB, inTransaction, recordAudit } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { submissionNotFound } from './refusals.ts'

/**
 * Put a submission into the queue once more, unless its official score is what the worker would compute now (same scorer, metric,
 * split and manifest): then nothing changes. The official score stays on the board until another takes its place.
 *
 * A submission that is being scored is left to its worker.
 * @throws DomainError `submission_not_found`
 */
export async function requeueSubmission(
  db: Kysely<DB>,
  clock: Clock,
  request: { submissionId: string; actorUserId: string; requestId: string },
): Promise<void> {
  const { submissionId, actorUserId, requestId } = request
  await inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('submissions')
      .select(['competition_id', 'score_status'])
      .where('id', '=', submissionId)
      .forUpdate()
      .executeTakeFirst()
    if (!row) throw submissionNotFound(submissionId)
    if (row.score_status === 'scoring') return
    if (row.score_status === 'scored' && (await isUpToDate(tx, submissionId))) return
    await tx
      .updateTable('submissions')
      .set({
        score_status: 'queued',
        score_error: null,
        score_error_internal: null,
        attempts: 0,
        not_before: null,
        blocked_reason: null,
        lease_owner: null,
        lease_expires_at: null,
      })
      .where('id', '=', submissionId)
      .execute()
    await recordAudit(tx, {
      actorUserId,
      action: 'submission.score_again',
      subject: submissionId,
      detail: { from: row.score_status },
      requestId,
      at: clock.now(),
    })
  })
}

async function isUpToDate(tx: Transaction<DB>, submissionId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('submission_scores as score')
    .innerJoin('competitions as competition', (join) =>
      join
        .onRef('competition.id', '=', 'score.competition_id')
        .onRef('competition.metric_version', '=', 'score.metric_version')
        .onRef('competition.evaluation_split_version', '=', 'score.evaluation_split_version')
        .onRef('competition.manifest_sha256', '=', 'score.manifest_sha256'),
    )
    .select('score.id')
    .where('score.submission_id', '=', submissionId)
    .where('score.official_active', '=', 1)
    .where('score.scorer_version', '=', SCORER_VERSION)
    .executeTakeFirst()
  return row !== undefined
}
