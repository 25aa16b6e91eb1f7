import { PROBING_ROWS_MAX } from '@medforge/contracts'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import { countChangedRows } from './fingerprint.ts'

/** Files of a person that a new one is compared with: a day's worth of the largest cap. Older ones are forgotten. */
export const FILES_KEPT = 20

export type Fingerprinted = {
  submissionId: string
  competitionId: string
  userId: string
  fingerprint: Buffer
}

/**
 * Keep a file's fingerprint, and flag the file when it is nearly the same as an earlier one of the same person. A flag is for an
 * administrator to look at: it changes no score and refuses nothing.
 *
 * Safe to repeat. Of two files that are noted at the same moment at least one is compared with the other, because each is kept before it
 * looks.
 */
export async function noteFingerprint(
  db: Kysely<DB>,
  { submissionId, competitionId, userId, fingerprint }: Fingerprinted,
  now: Date,
): Promise<void> {
  const created_at = toSqlTime(now)
  await db
    .insertInto('submission_fingerprints')
    .values({
      submission_id: submissionId,
      competition_id: competitionId,
      user_id: userId,
      row_hashes: fingerprint,
      created_at,
    })
    .onDuplicateKeyUpdate({ row_hashes: fingerprint })
    .execute()
  const others = await db
    .selectFrom('submission_fingerprints')
    .select(['submission_id', 'row_hashes'])
    .where('competition_id', '=', competitionId)
    .where('user_id', '=', userId)
    .where('submission_id', '!=', submissionId)
    .orderBy('created_at', 'desc')
    .orderBy('submission_id', 'desc')
    .limit(FILES_KEPT + 1)
    .execute()
  const nearest = findNearest(fingerprint, others.slice(0, FILES_KEPT))
  if (nearest) {
    const before = await db
      .selectFrom('probing_flags')
      .select(['chain_length', 'nearest_submission_id'])
      .where('submission_id', '=', nearest.submissionId)
      .executeTakeFirst()
    // Two that were noted at once may each be the other's nearest: that is one link, not an endless chain.
    const isMutual = before?.nearest_submission_id === submissionId
    await db
      .insertInto('probing_flags')
      .values({
        submission_id: submissionId,
        competition_id: competitionId,
        user_id: userId,
        nearest_submission_id: nearest.submissionId,
        changed_rows: nearest.changedRows,
        chain_length: before && !isMutual ? before.chain_length + 1 : 1,
        created_at,
      })
      .onDuplicateKeyUpdate({ submission_id: submissionId })
      .execute()
  }
  const surplus = others.slice(FILES_KEPT - 1).map(({ submission_id }) => submission_id)
  if (surplus.length > 0) {
    await db.deleteFrom('submission_fingerprints').where('submission_id', 'in', surplus).execute()
  }
}

/** The one with the fewest changes, at least one: the same file again is no probe. Of equals the latest. */
function findNearest(
  fingerprint: Buffer,
  others: readonly { submission_id: string; row_hashes: Buffer }[],
): { submissionId: string; changedRows: number } | null {
  let nearest: { submissionId: string; changedRows: number } | null = null
  for (const { submission_id: submissionId, row_hashes } of others) {
    const limit = (nearest?.changedRows ?? PROBING_ROWS_MAX + 1) - 1
    const changedRows = countChangedRows(fingerprint, row_hashes, limit)
    if (changedRows !== null && changedRows >= 1 && changedRows <= limit) {
      nearest = { submissionId, changedRows }
    }
  }
  return nearest
}
