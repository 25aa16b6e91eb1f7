import { randomUUID } from 'node:crypto'
import { type AuditEntry, type DB, inTransaction, recordAudit, toSqlTime } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { rebuildBoard } from './board.ts'
import { switchOfficialScores } from './publish.ts'

/**
 * Scoring a whole competition again, beside its board: a run gathers the submissions, the worker fills in what they would score, and one
 * transaction puts all of it in the place of the official scores. Driven by the command line; safe to stop and repeat at any point.
 */
export type RescoreRun = Selectable<DB['rescore_runs']>

/** What everything is to be scored with. */
export type RescoreTarget = Pick<
  RescoreRun,
  'bundle_version' | 'metric_version' | 'evaluation_split_version' | 'manifest_sha256'
>

/** Of the submissions of a run, how many are in which state. */
export type RescoreProgress = {
  queued: number
  scoring: number
  scored: number
  invalid: number
  failed: number
  /** Why something waits or failed, for the operator. */
  reason: string | null
  /** Of what was scored. */
  scorerVersions: string[]
}

/**
 * The open run of a competition towards this target: one that was left half-way goes on, one towards another target is abandoned.
 */
export async function openRescore(
  db: Kysely<DB>,
  competitionId: string,
  target: RescoreTarget,
  at: Date,
): Promise<RescoreRun> {
  return inTransaction(db, async (tx) => {
    await lockCompetition(tx, competitionId)
    const open = await tx
      .selectFrom('rescore_runs')
      .selectAll()
      .where('competition_id', '=', competitionId)
      .where('status', '=', 'open')
      .executeTakeFirst()
    if (open && isTowards(open, target)) return open
    if (open) await endRun(tx, open.id, 'abandoned', at)
    const id = randomUUID()
    await tx
      .insertInto('rescore_runs')
      .values({ id, competition_id: competitionId, ...target, created_at: toSqlTime(at) })
      .execute()
    return tx.selectFrom('rescore_runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  })
}

function isTowards(run: RescoreRun, target: RescoreTarget): boolean {
  return (Object.keys(target) as (keyof RescoreTarget)[]).every((key) => run[key] === target[key])
}

/** Take in what was accepted since the last call; `retryFailed` gives what failed, or came from another scorer, another chance. */
export async function gatherSubmissions(
  db: Kysely<DB>,
  { id, competition_id }: RescoreRun,
  { retryFailed = false } = {},
): Promise<void> {
  await sql`
    INSERT IGNORE INTO shadow_scores (run_id, submission_id)
    SELECT ${id}, submissions.id FROM submissions
    LEFT JOIN shadow_scores AS known
      ON known.run_id = ${id} AND known.submission_id = submissions.id
    WHERE submissions.competition_id = ${competition_id} AND known.run_id IS NULL
  `.execute(db)
  if (!retryFailed) return
  await db
    .updateTable('shadow_scores')
    .set({ state: 'queued', attempts: 0, lease_expires_at: null })
    .where('run_id', '=', id)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'failed'),
        eb.and([eb('state', '=', 'scored'), eb('scorer_version', '!=', SCORER_VERSION)]),
      ]),
    )
    .execute()
}

export async function readProgress(db: Kysely<DB>, run: RescoreRun): Promise<RescoreProgress> {
  const rows = await db
    .selectFrom('shadow_scores')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .select((eb) => eb.fn.max('reason').as('reason'))
    .where('run_id', '=', run.id)
    .groupBy('state')
    .execute()
  const progress: RescoreProgress = {
    queued: 0,
    scoring: 0,
    scored: 0,
    invalid: 0,
    failed: 0,
    reason: null,
    scorerVersions: await readScorerVersions(db, run),
  }
  for (const { state, count, reason } of rows) {
    progress[state] = Number(count)
    if (state !== 'invalid') progress.reason ??= reason
  }
  return progress
}

async function readScorerVersions(db: Kysely<DB>, run: RescoreRun): Promise<string[]> {
  const rows = await db
    .selectFrom('shadow_scores')
    .select('scorer_version')
    .distinct()
    .where('run_id', '=', run.id)
    .where('state', '=', 'scored')
    .execute()
  return rows.map(({ scorer_version }) => scorer_version ?? '')
}

/** Leave the board as it is and forget the run. */
export async function abandonRescore(db: Kysely<DB>, run: RescoreRun, at: Date): Promise<void> {
  await inTransaction(db, (tx) => endRun(tx, run.id, 'abandoned', at))
}

export type Switch = {
  /** What the competition's row says from now on, beside the target. */
  competition: Partial<Insertable<DB['competitions']>>
  /** For everybody. */
  notice: string
  at: Date
  audit: Omit<AuditEntry, 'at'>
  /** The stamps that the board had when its difference was shown. */
  from: Pick<RescoreRun, 'evaluation_split_version' | 'manifest_sha256'>
}

/**
 * `switched`: the board is the new one. `behind`: a submission got its score on the old board meanwhile; gather, wait and try again.
 * `moved`: the competition or the run is not what it was when the difference was shown.
 */
export type SwitchOutcome = 'switched' | 'behind' | 'moved'

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
  { competition, notice, at, audit, from }: Switch,
): Promise<SwitchOutcome> {
  return inTransaction(db, async (tx) => {
    // First of all statements: the snapshot of what follows is taken after the lock is held.
    const current = await lockCompetition(tx, run.competition_id)
    const open = await tx
      .selectFrom('rescore_runs')
      .select('status')
      .where('id', '=', run.id)
      .executeTakeFirst()
    const isSame =
      current.evaluation_split_version === from.evaluation_split_version &&
      current.manifest_sha256 === from.manifest_sha256
    if (open?.status !== 'open' || !isSame) return 'moved'
    if (await isBehind(tx, run)) return 'behind'
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

async function lockCompetition(tx: Transaction<DB>, id: string) {
  return tx
    .selectFrom('competitions')
    .select(['evaluation_split_version', 'manifest_sha256'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/** Whether the board has a score whose submission was not yet scored for the new one. */
async function isBehind(tx: Transaction<DB>, run: RescoreRun): Promise<boolean> {
  const row = await tx
    .selectFrom('submission_scores as score')
    .leftJoin('shadow_scores as shadow', (join) =>
      join
        .onRef('shadow.submission_id', '=', 'score.submission_id')
        .on('shadow.run_id', '=', run.id)
        .on('shadow.state', 'in', ['scored', 'invalid']),
    )
    .select('score.id')
    .where('score.competition_id', '=', run.competition_id)
    .where('score.is_official', '=', true)
    .where('shadow.run_id', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

const INVALID =
  'The competition has changed since this file was accepted, and the file does not fit any more. It does not count against your day.'

/** Statuses of what is not in the queue; what is there, the worker settles. */
async function settleSubmissions(tx: Transaction<DB>, run: RescoreRun): Promise<void> {
  await sql`
    UPDATE submissions
    JOIN shadow_scores AS shadow
      ON shadow.submission_id = submissions.id AND shadow.run_id = ${run.id}
    SET submissions.score_status = 'failed', submissions.score_error = ${INVALID},
      submissions.score_error_internal = shadow.reason, submissions.counts_against_cap = 0
    WHERE shadow.state = 'invalid' AND submissions.score_status = 'scored'
  `.execute(tx)
  await sql`
    UPDATE submissions
    JOIN shadow_scores AS shadow
      ON shadow.submission_id = submissions.id AND shadow.run_id = ${run.id}
    SET submissions.score_status = 'scored', submissions.score_error = NULL,
      submissions.score_error_internal = NULL,
      submissions.scored_at = COALESCE(submissions.scored_at, shadow.scored_at)
    WHERE shadow.state = 'scored' AND submissions.score_status = 'failed'
  `.execute(tx)
}

async function endRun(
  tx: Transaction<DB>,
  runId: string,
  status: 'switched' | 'abandoned',
  at: Date,
): Promise<void> {
  await tx
    .updateTable('rescore_runs')
    .set({ status, ended_at: toSqlTime(at) })
    .where('id', '=', runId)
    .where('status', '=', 'open')
    .execute()
  await tx.deleteFrom('shadow_scores').where('run_id', '=', runId).execute()
}
