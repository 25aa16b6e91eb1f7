import { refreshEntry } from '@medforge/core'
import { type DB, inTransaction, recordAudit, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import {
  deleteExclusion,
  findExclusionReason,
  findOfficialSplit,
  lockSubmissionAndOwner,
  type Owner,
  saveExclusion,
} from './exclusions-repository.ts'
import { submissionNotFound } from './refusals.ts'

type Request = { submissionId: string; actorUserId: string; requestId: string }

/**
 * Take a submission off the leaderboard at once, with a reason that its owner sees. Its score stays official and it stays in the cap: it
 * only counts for nothing. Repeated with the same reason it changes nothing; another reason takes the place of the first.
 *
 * @throws DomainError `submission_not_found`
 */
export async function excludeSubmission(
  db: Kysely<DB>,
  clock: Clock,
  { submissionId, actorUserId, requestId, reason }: Request & { reason: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const owner = await lockOnBoard(tx, submissionId)
    if ((await findExclusionReason(tx, submissionId)) === reason) return
    const at = clock.now()
    await saveExclusion(tx, submissionId, {
      reason,
      excluded_by: actorUserId,
      excluded_at: toSqlTime(at),
    })
    await refreshBoard(tx, submissionId, owner)
    await recordAudit(tx, {
      actorUserId,
      action: 'submission.exclude',
      subject: submissionId,
      detail: { reason },
      requestId,
      at,
    })
  })
}

/**
 * Let a submission count again. Changes nothing for one that is not excluded.
 *
 * @throws DomainError `submission_not_found`
 */
export async function restoreSubmission(
  db: Kysely<DB>,
  clock: Clock,
  { submissionId, actorUserId, requestId }: Request,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const owner = await lockOnBoard(tx, submissionId)
    const reason = await findExclusionReason(tx, submissionId)
    if (reason === undefined) return
    await deleteExclusion(tx, submissionId)
    await refreshBoard(tx, submissionId, owner)
    await recordAudit(tx, {
      actorUserId,
      action: 'submission.restore',
      subject: submissionId,
      detail: { reason },
      requestId,
      at: clock.now(),
    })
  })
}

async function lockOnBoard(tx: Transaction<DB>, submissionId: string): Promise<Owner> {
  const owner = await lockSubmissionAndOwner(tx, submissionId)
  if (!owner) throw submissionNotFound(submissionId)
  return owner
}

async function refreshBoard(
  tx: Transaction<DB>,
  submissionId: string,
  { competition_id, user_id: userId }: Owner,
): Promise<void> {
  const evaluationSplitVersion = await findOfficialSplit(tx, submissionId)
  if (evaluationSplitVersion === undefined) return
  await refreshEntry(tx, competition_id, { userId, evaluationSplitVersion })
}
