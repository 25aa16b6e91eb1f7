import type { BestOverTime, LeaderboardEntry, Metric, ReferenceEntry } from '@medforge/contracts'
import {
  compareKeys,
  type DB,
  mapPage,
  type Page,
  type PageRequest,
  readPage,
  type SqlTime,
  toTimestamp,
} from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import type { CompetitionFacts } from './catalogue-repository.ts'

/** A competition on its current split. */
type Board = Pick<CompetitionFacts, 'id' | 'evaluation_split_version' | 'secondary_metrics'>

/** Where an entry stands on the board of one split: no two entries share it. */
export type EntryKey = {
  /** The score, or its negative where higher is better. */
  sort_score: number
  scored_at: SqlTime
  submission_id: string
}

/** Ties: of equal scores the earlier, then the smaller submission id. */
const ORDER = [
  ['entry.sort_score', 'asc'],
  ['entry.scored_at', 'asc'],
  ['entry.submission_id', 'asc'],
] as const

/**
 * Everybody's best official score, best first. Ranks are 1, 2, 3, … without gaps.
 *
 * Reads the kept entries along their index: as much as is shown, and for a page that is not the first the number of those before it, in
 * the same statement.
 * @param before  how many are before this page, where the caller knows: then nobody counts them
 */
export async function listEntries(
  db: Kysely<DB>,
  board: Board,
  page: PageRequest<EntryKey>,
  before?: number,
): Promise<Page<LeaderboardEntry, EntryKey>> {
  const isCounted = page.after !== null && before === undefined
  const query = selectEntries(db, board).select(
    (isCounted ? countBefore(db, board, 'upTo', page.after) : sql<number>`${before ?? 0}`).as(
      'before',
    ),
  )
  const found = await readPage(query, ORDER, page)
  let rank = Number(found.rows[0]?.before ?? 0)
  return mapPage(found, (row) => {
    rank += 1
    return toEntry(row, board, rank)
  })
}

/** Somebody's own place; null where they have none. */
export async function findEntry(
  db: Kysely<DB>,
  board: Board,
  userId: string,
): Promise<LeaderboardEntry | null> {
  const row = await selectEntries(db, board)
    .select(countBefore(db, board, 'before', null).as('before'))
    .where('entry.user_id', '=', userId)
    .executeTakeFirst()
  return row ? toEntry(row, board, Number(row.before) + 1) : null
}

export async function countEntries(db: Kysely<DB>, board: Board): Promise<number> {
  const { people } = await db
    .selectFrom('leaderboard_entries')
    .select((eb) => eb.fn.countAll<number>().as('people'))
    .where('competition_id', '=', board.id)
    .where('evaluation_split_version', '=', board.evaluation_split_version)
    .executeTakeFirstOrThrow()
  return Number(people)
}

/** Enough for any plot; more of them lie too close to be told apart. */
export const POINTS_MAX = 100

/**
 * How each person's best score on the current split came about: the scores that were better than every one before, oldest first, and of
 * those the latest `POINTS_MAX`. They are official scores of today at the times of the submissions' first ones: after everything was scored
 * again, a curve shows what each file is worth now, not what the board showed then.
 */
export async function readBestOverTime(
  db: Kysely<DB>,
  board: Board & Pick<CompetitionFacts, 'higher_is_better'>,
  userIds: readonly string[],
): Promise<Map<string, BestOverTime>> {
  const series = new Map<string, BestOverTime>(userIds.map((id) => [id, []]))
  if (userIds.length === 0) return series
  const best = board.higher_is_better ? sql`MAX` : sql`MIN`
  const better = board.higher_is_better ? sql`>` : sql`<`
  const { rows } = await sql<{ user_id: string; primary_score: number; created_at: SqlTime }>`
    SELECT user_id, primary_score, created_at FROM (
      SELECT score.user_id, score.primary_score, score.created_at, score.submission_id,
        ${best}(score.primary_score) OVER (
          PARTITION BY score.user_id ORDER BY score.created_at, score.submission_id
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS best_before
      FROM submission_scores AS score
      WHERE score.competition_id = ${board.id}
        AND score.evaluation_split_version = ${board.evaluation_split_version}
        AND score.is_official = 1
        AND score.user_id IN (${sql.join(userIds)})
        AND NOT EXISTS (
          SELECT 1 FROM submission_exclusions AS excluded
          WHERE excluded.submission_id = score.submission_id
        )
    ) AS scored
    WHERE best_before IS NULL OR primary_score ${better} best_before
    ORDER BY user_id, created_at, submission_id
  `.execute(db)
  for (const { user_id, primary_score, created_at } of rows) {
    series.get(user_id)?.push({ at: toTimestamp(created_at), primary_score })
  }
  for (const points of series.values()) points.splice(0, points.length - POINTS_MAX)
  return series
}

/** The organiser's baselines in their order, on the present holdout alone. */
export async function listReferenceEntries(
  db: Kysely<DB>,
  board: Board & Pick<CompetitionFacts, 'manifest_sha256'>,
): Promise<ReferenceEntry[]> {
  const rows = await db
    .selectFrom('reference_scores')
    .select([
      'name',
      'primary_score',
      'score_components',
      'standard_error',
      'interval_low',
      'interval_high',
    ])
    .where('competition_id', '=', board.id)
    .where('evaluation_split_version', '=', board.evaluation_split_version)
    .where('manifest_sha256', '=', board.manifest_sha256)
    .orderBy('place')
    .execute()
  return rows.flatMap(({ name, primary_score, ...row }) =>
    primary_score === null ? [] : [{ name, primary_score, ...besideScore(row, board) }],
  )
}

function selectEntries(db: Kysely<DB>, board: Board) {
  return (
    db
      .selectFrom('leaderboard_entries as entry')
      .innerJoin('users', 'users.id', 'entry.user_id')
      .innerJoin('submission_scores as score', 'score.id', 'entry.score_id')
      .leftJoin('score_uncertainties as known', 'known.score_id', 'entry.score_id')
      // Entries first, whatever the statistics are: they lie in the order of the page.
      .modifyFront(sql`STRAIGHT_JOIN`)
      .select([
        'entry.user_id',
        'users.display_name',
        'entry.submission_id',
        'entry.score_id',
        'entry.sort_score',
        'entry.primary_score',
        'entry.metric_version',
        'entry.scored_at',
        'entry.entries',
        'score.score_components',
        'known.standard_error',
        'known.interval_low',
        'known.interval_high',
        'known.first_score_id',
        'known.tied_with_first',
      ])
      // Read once: it is the same for every row.
      .select(firstScoreId(db, board).as('now_first_score_id'))
      .where('entry.competition_id', '=', board.id)
      .where('entry.evaluation_split_version', '=', board.evaluation_split_version)
  )
}

function firstScoreId(db: Kysely<DB>, board: Board) {
  const query = db
    .selectFrom('leaderboard_entries as first')
    .select('first.score_id')
    .where('first.competition_id', '=', board.id)
    .where('first.evaluation_split_version', '=', board.evaluation_split_version)
  return query
    .orderBy('first.sort_score')
    .orderBy('first.scored_at')
    .orderBy('first.submission_id')
    .limit(1)
}

/** How many entries stand before a key, or before `entry` itself. */
function countBefore(
  db: Kysely<DB>,
  board: Board,
  relation: 'before' | 'upTo',
  key: EntryKey | null,
) {
  const names = ['sort_score', 'scored_at', 'submission_id'] as const
  return db
    .selectFrom('leaderboard_entries as other')
    .select((eb) => eb.fn.countAll<number>().as('before'))
    .where('other.competition_id', '=', board.id)
    .where('other.evaluation_split_version', '=', board.evaluation_split_version)
    .where(
      compareKeys(
        names.map((name) => sql.ref(`other.${name}`)),
        ['asc', 'asc', 'asc'],
        relation,
        names.map((name) => key?.[name] ?? sql.ref(`entry.${name}`)),
      ),
    )
}

type Row = Awaited<ReturnType<ReturnType<typeof selectEntries>['executeTakeFirstOrThrow']>>

function toEntry(row: Row, board: Board, rank: number): LeaderboardEntry {
  return {
    rank,
    user_id: row.user_id,
    display_name: row.display_name,
    best_submission_id: row.submission_id,
    best_score_id: row.score_id,
    primary_score: row.primary_score,
    ...besideScore(row, board),
    // What was compared with another first entry says nothing about this one.
    tied_with_first: row.first_score_id === row.now_first_score_id ? row.tied_with_first : null,
    metric_version: row.metric_version,
    evaluation_split_version: board.evaluation_split_version,
    scored_at: toTimestamp(row.scored_at),
    entries: Number(row.entries),
  }
}

type Beside = {
  score_components: string
  standard_error: number | null
  interval_low: number | null
  interval_high: number | null
}

function besideScore(
  { score_components, standard_error, interval_low, interval_high }: Beside,
  board: Board,
): Omit<ReferenceEntry, 'name' | 'primary_score'> {
  const components: Partial<Record<string, number>> = JSON.parse(score_components)
  const secondary_scores: ReferenceEntry['secondary_scores'] = {}
  for (const metric of secondaryMetricsOf(board)) {
    const value = components[metric]
    if (value !== undefined) secondary_scores[metric] = value
  }
  const interval =
    interval_low === null || interval_high === null
      ? null
      : { low: interval_low, high: interval_high }
  return { secondary_scores, standard_error, interval }
}

export function secondaryMetricsOf({ secondary_metrics }: Pick<Board, 'secondary_metrics'>) {
  return JSON.parse(secondary_metrics) as Metric[]
}
