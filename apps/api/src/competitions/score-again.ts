import { type DB, inTransaction, recordAudit } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { submissionNotFound } from './refusals.ts'
import { isScoreCurrent, lockScoreStatus, requeue } from './repository.ts'

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
    const status = await lockScoreStatus(tx, submissionId)
    if (status === undefined) throw submissionNotFound(submissionId)
    if (status === 'scoring') return
    if (status === 'scored' && (await isScoreCurrent(tx, submissionId))) return
    await requeue(tx, submissionId)
    await recordAudit(tx, {
      actorUserId,
      action: 'submission.score_again',
      subject: submissionId,
      detail: { from: status },
      requestId,
      at: clock.now(),
    })
  })
}
