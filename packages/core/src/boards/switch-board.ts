import { type AuditEntry, type DB, inTransaction, recordAudit, toSqlTime } from '@medforge/db'
import { type Insertable, type Kysely, sql, type Transaction } from 'kysely'
import { rebuildBoard } from './board.ts'
import { FAILED } from './failure-texts.ts'
import { switchOfficialScores } from './official-scores.ts'
import { endRun, lockCompetition, type RescoreRun } from './rescore.ts'

export type Switch = {
  /** Columns of the competition's row that change with the board, beside the target. */
  competition: Partial<Insertable<DB['competitions']>>
  /** For everybody. */
  notice: string
  at: Date
  audit: Omit<AuditEntry, 'at'>
  /** The stamps that the board had when its difference was shown. */
  from: Pick<RescoreRun, 'evaluation_split_version' | 'manifest_sha256'>
  /** Submissions that could not be scored for the new board leave it, with a reason for their owners. Otherwise they prevent the switch. */
  leavesOutFailed?: boolean
}

/**
 * `switched`: the board is the new one. `incomplete`: a submission got its score on the old board meanwhile; gather, wait and try again.
 * `conflict`: the competition or the run is not what it was when the difference was shown.
 */
export type SwitchOutcome = 'switched' | 'incomplete' | 'conflict'

/**
 * Old board off, new board on, competition on its new holdout and public part: in one transaction, so that whoever reads, and whoever is
 * killed, finds the one or the other.
 *
 * A submission that waits in the queue is scored on the new holdout after this; one that was being scored on the old one is scored again,
 * because `publishScore` looks at the row that is held here.
 */
export async function switchBoard(
  db: Kysely<DB>,
  run: RescoreRun,
  { competition, notice, at, audit, from, leavesOutFailed = false }: Switch,
): Promise<SwitchOutcome> {
  return inTransaction(db, async (tx) => {
    // Every read up to `rebuildBoard` locks what it reads. A plain one would begin a snapshot, and each row of the queue that the worker
    // rewrites after it would end the transaction (error 1020), as often as it is tried.
    const current = await lockCompetition(tx, run.competition_id)
    const open = await tx
      .selectFrom('rescore_runs')
      .select('status')
      .where('id', '=', run.id)
      .forUpdate()
      .executeTakeFirst()
    const isSame =
      current.evaluation_split_version === from.evaluation_split_version &&
      current.manifest_sha256 === from.manifest_sha256
    if (open?.status !== 'open' || !isSame) return 'conflict'
    if (await isIncomplete(tx, run, leavesOutFailed)) return 'incomplete'
    await switchOfficialScores(tx, run)
    await settleSubmissions(tx, run)
    await tx
      .updateTable('competitions')
      .set({
        ...competition,
        bundle_version: run.bundle_version,
        metric_version: run.metric_version,
        evaluation_split_version: run.evaluation_split_version,
        manifest_sha256: run.manifest_sha256,
        notice,
        notice_at: toSqlTime(at),
      })
      .where('id', '=', run.competition_id)
      .execute()
    await rebuildBoard(tx, run.competition_id)
    await endRun(tx, run.id, 'switched', at)
    await recordAudit(tx, { ...audit, at })
    return 'switched'
  })
}

/** Whether the board has a score whose submission was not yet scored for the new one. */
async function isIncomplete(
  tx: Transaction<DB>,
  run: RescoreRun,
  leavesOutFailed: boolean,
): Promise<boolean> {
  const settled = ['scored', 'invalid', ...(leavesOutFailed ? (['failed'] as const) : [])] as const
  const row = await tx
    .selectFrom('submission_scores as score')
    .leftJoin('shadow_scores as shadow', (join) =>
      join
        .onRef('shadow.submission_id', '=', 'score.submission_id')
        .on('shadow.run_id', '=', run.id)
        .on('shadow.state', 'in', settled),
    )
    .select('score.id')
    .where('score.competition_id', '=', run.competition_id)
    .where('score.is_official', '=', true)
    .where('shadow.run_id', 'is', null)
    .limit(1)
    .modifyEnd(sql`LOCK IN SHARE MODE`)
    .executeTakeFirst()
  return row !== undefined
}

/** Statuses of what is not in the queue; what is there, the worker settles. */
async function settleSubmissions(tx: Transaction<DB>, run: RescoreRun): Promise<void> {
  await sql`
    UPDATE submissions
    JOIN shadow_scores AS shadow
      ON shadow.submission_id = submissions.id AND shadow.run_id = ${run.id}
    SET submissions.score_status = 'failed',
      submissions.score_error = IF(shadow.state = 'failed', ${FAILED.left_out}, ${FAILED.invalid}),
      submissions.score_error_internal = shadow.reason, submissions.counts_against_cap = 0
    WHERE shadow.state IN ('invalid', 'failed') AND submissions.score_status = 'scored'
  `.execute(tx)
  await sql`
    UPDATE submissions
    JOIN shadow_scores AS shadow
      ON shadow.submission_id = submissions.id AND shadow.run_id = ${run.id}
    SET submissions.score_status = 'scored', submissions.score_error = NULL,
      submissions.score_error_internal = NULL, submissions.counts_against_cap = 1,
      submissions.scored_at = COALESCE(submissions.scored_at, shadow.scored_at)
    WHERE shadow.state = 'scored' AND submissions.score_status = 'failed'
  `.execute(tx)
}
