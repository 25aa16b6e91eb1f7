import { type DB, toSqlTime } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import { type Claim, inShortTransaction } from './queue.ts'
import type { ShadowClaim } from './shadow-queue.ts'
import { holdoutReason } from './waiting.ts'

/**
 * A holdout that cannot be used holds up everything that needs it, so one try speaks for all: the others are put off too, and a worker is
 * free for other competitions however many wait.
 */
export type Postponement = { until: Date; reason: string }

// Rows that somebody holds at the moment are passed over: this waits for nobody, so it can be in nobody's way.
const AT_ONCE = 500

/** Everything of the claim's competition that is in the queue, unless the competition has moved to another holdout or public part since. */
export async function postponeCompetition(
  db: Kysely<DB>,
  { competitionId, job }: Claim,
  { until, reason }: Postponement,
): Promise<void> {
  const same = await db
    .selectFrom('competitions')
    .select('id')
    .where('id', '=', competitionId)
    .where('bundle_version', '<=>', job.bundleVersion)
    .where('evaluation_split_version', '=', job.evaluationSplitVersion)
    .where('manifest_sha256', '=', job.manifestSha256)
    .executeTakeFirst()
  if (!same) return
  const at = toSqlTime(until)
  await inPortions(db, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM submissions FORCE INDEX (submissions_queue)
      WHERE score_status = 'queued' AND competition_id = ${competitionId}
        AND (lease_expires_at IS NULL OR lease_expires_at <> ${at})
      ORDER BY created_at, id LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
    `.execute(tx)
    const ids = rows.map(({ id }) => id)
    if (ids.length === 0) return 0
    await tx
      .updateTable('submissions')
      .set({ lease_expires_at: at, score_error_internal: holdoutReason(reason) })
      .where('id', 'in', ids)
      .execute()
    return ids.length
  })
}

/** Everything of the claim's re-score that waits. */
export async function postponeRun(
  db: Kysely<DB>,
  { runId }: ShadowClaim,
  { until, reason }: Postponement,
): Promise<void> {
  const at = toSqlTime(until)
  await inPortions(db, async (tx) => {
    const { rows } = await sql<{ submission_id: string }>`
      SELECT submission_id FROM shadow_scores
      WHERE run_id = ${runId} AND state = 'queued'
        AND (lease_expires_at IS NULL OR lease_expires_at <> ${at})
      LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
    `.execute(tx)
    const ids = rows.map(({ submission_id }) => submission_id)
    if (ids.length === 0) return 0
    await tx
      .updateTable('shadow_scores')
      .set({ lease_expires_at: at, reason })
      .where('run_id', '=', runId)
      .where('submission_id', 'in', ids)
      .execute()
    return ids.length
  })
}

/** Each in a transaction of its own, so that no row is held for long. */
async function inPortions(
  db: Kysely<DB>,
  work: (tx: Kysely<DB>) => Promise<number>,
): Promise<void> {
  for (;;) {
    const done = await inShortTransaction(db, work)
    if (done < AT_ONCE) return
  }
}
