import type { DB, SqlTime } from '@medforge/db'
import { type Insertable, type Kysely, type Selectable, sql } from 'kysely'

/** A competition on its current holdout. */
export type Board = Pick<
  Selectable<DB['competitions']>,
  | 'id'
  | 'slug'
  | 'bundle_version'
  | 'metric_version'
  | 'secondary_metrics'
  | 'reference_entries'
  | 'evaluation_split_version'
  | 'manifest_sha256'
>

/** Somebody's best score, with its file. */
export type Entry = {
  score_id: string
  primary_score: number
  /** Null until it is measured, and where it cannot be. */
  standard_error: number | null
  stored_name: string
  size_bytes: number
  sha256: Buffer
}

const AT_ONCE = 100

export async function listBoardsToFill(db: Kysely<DB>): Promise<Board[]> {
  return db
    .selectFrom('competitions')
    .select([
      'id',
      'slug',
      'bundle_version',
      'metric_version',
      'secondary_metrics',
      'reference_entries',
      'evaluation_split_version',
      'manifest_sha256',
    ])
    .orderBy('slug')
    .execute()
}

/** The best entries whose uncertainty or secondary metrics are missing; those that could not be computed again from `retryBefore` on. */
export async function listUnmeasured(
  db: Kysely<DB>,
  board: Board,
  retryBefore: SqlTime,
): Promise<Entry[]> {
  return selectEntries(db, board)
    .where((eb) =>
      eb.or([
        eb('known.score_id', 'is', null),
        eb('known.secondary_metrics', '!=', board.secondary_metrics),
        eb.and([eb('known.standard_error', 'is', null), eb('known.computed_at', '<', retryBefore)]),
      ]),
    )
    .limit(AT_ONCE)
    .execute()
}

/** The first entry, where it was scored before this time. */
export async function findFirst(
  db: Kysely<DB>,
  board: Board,
  scoredBefore: SqlTime,
): Promise<Entry | null> {
  const first = await selectEntries(db, board).select('entry.scored_at').limit(1).executeTakeFirst()
  if (!first || first.scored_at >= scoredBefore) return null
  const { scored_at: _, ...entry } = first
  return entry
}

/** The best measured entries that were scored before this time and not compared with this first one. */
export async function listUncompared(
  db: Kysely<DB>,
  board: Board,
  firstScoreId: string,
  scoredBefore: SqlTime,
): Promise<Entry[]> {
  return selectEntries(db, board)
    .where('known.score_id', 'is not', null)
    .where('entry.scored_at', '<', scoredBefore)
    .where((eb) =>
      eb.or([
        eb('known.first_score_id', 'is', null),
        eb('known.first_score_id', '!=', firstScoreId),
      ]),
    )
    .limit(AT_ONCE)
    .execute()
}

/** In the order of the board, those alone whose score is of its present holdout. */
function selectEntries(db: Kysely<DB>, board: Board) {
  return (
    db
      .selectFrom('leaderboard_entries as entry')
      .leftJoin('score_uncertainties as known', 'known.score_id', 'entry.score_id')
      .innerJoin('submission_scores as score', 'score.id', 'entry.score_id')
      .innerJoin('submissions', 'submissions.id', 'entry.submission_id')
      // Entries first: they lie in the order that is asked for.
      .modifyFront(sql`STRAIGHT_JOIN`)
      .select([
        'entry.score_id',
        'entry.primary_score',
        'known.standard_error',
        'submissions.stored_name',
        'submissions.size_bytes',
        'submissions.sha256',
      ])
      .where('entry.competition_id', '=', board.id)
      .where('entry.evaluation_split_version', '=', board.evaluation_split_version)
      .where('score.metric_version', '=', board.metric_version)
      .where('score.manifest_sha256', '=', board.manifest_sha256)
      .orderBy('entry.sort_score')
      .orderBy('entry.scored_at')
      .orderBy('entry.submission_id')
  )
}

/** What was compared before stays. */
export async function saveUncertainty(
  db: Kysely<DB>,
  measured: Omit<Insertable<DB['score_uncertainties']>, 'first_score_id' | 'tied_with_first'>,
): Promise<void> {
  const { score_id: _, ...facts } = measured
  await db.insertInto('score_uncertainties').values(measured).onDuplicateKeyUpdate(facts).execute()
}

/** For a score from before its competition had these secondary metrics. */
export async function saveComponents(
  db: Kysely<DB>,
  scoreId: string,
  scoreComponents: string,
): Promise<void> {
  await db
    .updateTable('submission_scores')
    .set({ score_components: scoreComponents })
    .where('id', '=', scoreId)
    .where('score_components', '!=', scoreComponents)
    .execute()
}

export async function saveTie(
  db: Kysely<DB>,
  scoreId: string,
  compared: { first_score_id: string; tied_with_first: boolean | null },
): Promise<void> {
  await db
    .updateTable('score_uncertainties')
    .set(compared)
    .where('score_id', '=', scoreId)
    .execute()
}

export type ReferenceScore = Selectable<DB['reference_scores']>

export async function listReferenceScores(db: Kysely<DB>, board: Board): Promise<ReferenceScore[]> {
  return db
    .selectFrom('reference_scores')
    .selectAll()
    .where('competition_id', '=', board.id)
    .where('evaluation_split_version', '=', board.evaluation_split_version)
    .execute()
}

export async function saveReferenceScore(db: Kysely<DB>, score: ReferenceScore): Promise<void> {
  await db.insertInto('reference_scores').values(score).onDuplicateKeyUpdate(score).execute()
}

export async function deleteReferenceScore(
  db: Kysely<DB>,
  { competition_id, evaluation_split_version, name }: ReferenceScore,
): Promise<void> {
  await db
    .deleteFrom('reference_scores')
    .where('competition_id', '=', competition_id)
    .where('evaluation_split_version', '=', evaluation_split_version)
    .where('name', '=', name)
    .execute()
}
