import { lockPerson } from '@medforge/core'
import type { DB } from '@medforge/db'
import { type Insertable, sql, type Transaction } from 'kysely'

export type Owner = { competition_id: string; user_id: string }

/** In the order in which `publishScore` locks: submission, competition, person. */
export async function lockSubmissionAndOwner(
  tx: Transaction<DB>,
  id: string,
): Promise<Owner | undefined> {
  const submission = await tx
    .selectFrom('submissions')
    .select(['competition_id', 'user_id'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!submission) return undefined
  await tx
    .selectFrom('competitions')
    .select('id')
    .where('id', '=', submission.competition_id)
    .modifyEnd(sql`LOCK IN SHARE MODE`)
    .executeTakeFirstOrThrow()
  await lockPerson(tx, submission.user_id)
  return submission
}

/** Undefined for a submission that is not excluded. */
export async function findExclusionReason(
  tx: Transaction<DB>,
  submissionId: string,
): Promise<string | undefined> {
  const exclusion = await tx
    .selectFrom('submission_exclusions')
    .select('reason')
    .where('submission_id', '=', submissionId)
    .executeTakeFirst()
  return exclusion?.reason
}

export async function saveExclusion(
  tx: Transaction<DB>,
  submissionId: string,
  exclusion: Omit<Insertable<DB['submission_exclusions']>, 'submission_id'>,
): Promise<void> {
  await tx
    .insertInto('submission_exclusions')
    .values({ submission_id: submissionId, ...exclusion })
    .onDuplicateKeyUpdate(exclusion)
    .execute()
}

export async function deleteExclusion(tx: Transaction<DB>, submissionId: string): Promise<void> {
  await tx.deleteFrom('submission_exclusions').where('submission_id', '=', submissionId).execute()
}

/** The split of a submission's official score; undefined where it has none. */
export async function findOfficialSplit(
  tx: Transaction<DB>,
  submissionId: string,
): Promise<string | undefined> {
  const official = await tx
    .selectFrom('submission_scores')
    .select('evaluation_split_version')
    .where('submission_id', '=', submissionId)
    .where('official_active', '=', 1)
    .executeTakeFirst()
  return official?.evaluation_split_version
}
