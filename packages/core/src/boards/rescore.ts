import { randomUUID } from 'node:crypto'
import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'

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
      // Locked, so that no snapshot begins here: the worker may be rewriting what `endRun` deletes.
      .forUpdate()
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
    .set({ state: 'queued', attempts: 0 })
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

/** Held for update: nothing is published and nothing else switched until the commit. */
export async function lockCompetition(tx: Transaction<DB>, id: string) {
  return tx
    .selectFrom('competitions')
    .select(['evaluation_split_version', 'manifest_sha256'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

export async function endRun(
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
