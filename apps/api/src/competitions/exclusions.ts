import { lockPerson, refreshEntry } from '@medforge/core'
import { type DB, inTransaction, recordAudit, toSqlTime } from '@medforge/db'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Clock } from '../lib/clock.ts'
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
    const submission = await lockSubmission(tx, submissionId)
    const known = await findExclusion(tx, submissionId)
    if (known?.reason === reason) return
    const at = clock.now()
    const exclusion = { reason, excluded_by: actorUserId, excluded_at: toSqlTime(at) }
    await tx
      .insertInto('submission_exclusions')
      .values({ submission_id: submissionId, ...exclusion })
      .onDuplicateKeyUpdate(exclusion)
      .execute()
    await refreshBoard(tx, submissionId, submission)
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
    const submission = await lockSubmission(tx, submissionId)
    const known = await findExclusion(tx, submissionId)
    if (!known) return
    await tx.deleteFrom('submission_exclusions').where('submission_id', '=', submissionId).execute()
    await refreshBoard(tx, submissionId, submission)
    await recordAudit(tx, {
      actorUserId,
      action: 'submission.restore',
      subject: submissionId,
      detail: { reason: known.reason },
      requestId,
      at: clock.now(),
    })
  })
}

type Owner = { competition_id: string; user_id: string }

/** In the order in which `publishScore` locks: submission, competition, person. */
async function lockSubmission(tx: Transaction<DB>, id: string): Promise<Owner> {
  const submission = await tx
    .selectFrom('submissions')
    .select(['competition_id', 'user_id'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!submission) throw submissionNotFound(id)
  await tx
    .selectFrom('competitions')
    .select('id')
    .where('id', '=', submission.competition_id)
    .modifyEnd(sql`LOCK IN SHARE MODE`)
    .executeTakeFirstOrThrow()
  await lockPerson(tx, submission.user_id)
  return submission
}

async function findExclusion(tx: Transaction<DB>, submissionId: string) {
  return tx
    .selectFrom('submission_exclusions')
    .select('reason')
    .where('submission_id', '=', submissionId)
    .executeTakeFirst()
}

async function refreshBoard(
  tx: Transaction<DB>,
  submissionId: string,
  { competition_id, user_id: userId }: Owner,
): Promise<void> {
  const official = await tx
    .selectFrom('submission_scores')
    .select('evaluation_split_version')
    .where('submission_id', '=', submissionId)
    .where('official_active', '=', 1)
    .executeTakeFirst()
  if (!official) return
  const { evaluation_split_version: evaluationSplitVersion } = official
  await refreshEntry(tx, competition_id, { userId, evaluationSplitVersion })
}
