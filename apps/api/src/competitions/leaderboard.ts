import type { LeaderboardEntry } from '@medforge/contracts'
import { type DB, type SqlTime, toTimestamp } from '@medforge/db'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { DomainError } from '../http/domain-error.ts'
import { competitionNotFound } from './refusals.ts'
import { type CompetitionFacts, findCompetition } from './repository.ts'

/** Where an entry stands on the board of one split: no two entries share it. */
export type LeaderboardKey = {
  split: string
  /** The score, or its negative where higher is better. */
  sort_score: number
  scored_at: SqlTime
  submission_id: string
}

type Row = {
  before: number | string
  user_id: string
  display_name: string
  submission_id: string
  score_id: string
  sort_score: number
  primary_score: number
  metric_version: string
  scored_at: SqlTime
  entries: number
}

export type RankedEntry = { entry: LeaderboardEntry; key: LeaderboardKey }

/**
 * The competition as it is, and whatever is read of its board, as of one moment: a switch to another holdout in between is not seen, so
 * no reader looks for the entries of a split that is no more.
 *
 * @throws DomainError `competition_not_found`
 */
export async function withBoard<Result>(
  db: Kysely<DB>,
  slug: string,
  read: (tx: Transaction<DB>, competition: CompetitionFacts) => Promise<Result>,
): Promise<Result> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const competition = await findCompetition(tx, slug)
      if (!competition) throw competitionNotFound(slug)
      return read(tx, competition)
    })
}

/**
 * Everybody's best official score on the current split, best first: of equal scores the earlier, then the smaller submission id. Ranks are
 * 1, 2, 3, … without gaps or ties.
 *
 * Reads the entries that `scoring/board.ts` keeps, along their index: as much as is shown, and for a page that is not the first the
 * number of those before it, in the same statement.
 * @param page.limit  null: everybody. Otherwise one row more than the limit where there is more.
 * @param page.before  how many are before this page, where the caller knows: then nobody counts them
 * @throws DomainError `invalid_cursor` when the board has moved to another split since the page before
 */
export async function readLeaderboard(
  db: Kysely<DB>,
  competition: CompetitionFacts,
  page: { limit: number | null; after: LeaderboardKey | null; before?: number },
): Promise<RankedEntry[]> {
  const { after, limit } = page
  const before = page.before ?? (after === null ? 0 : null)
  if (after !== null && after.split !== competition.evaluation_split_version) throw boardMoved()
  const { rows } = await sql<Row>`
    SELECT ${before === null && after !== null ? countUpTo(competition, after) : sql`${before}`} AS \`before\`,
      entry.user_id, users.display_name, entry.submission_id, entry.score_id, entry.sort_score,
      entry.primary_score, entry.metric_version, entry.scored_at, entry.entries
    FROM leaderboard_entries AS entry STRAIGHT_JOIN users ON users.id = entry.user_id
    WHERE ${onBoard(competition)} ${after === null ? sql`` : sql`AND ${isAfter(after)}`}
    ORDER BY entry.sort_score, entry.scored_at, entry.submission_id
    ${limit === null ? sql`` : sql`LIMIT ${limit + 1}`}
  `.execute(db)
  return rows.map((row, index) => rankedEntry(competition, row, Number(row.before) + index + 1))
}

/** All of a board as of one moment, a page at a time. */
export async function* readWholeBoard(
  tx: Transaction<DB>,
  competition: CompetitionFacts,
  pageSize = 1000,
): AsyncGenerator<LeaderboardEntry[]> {
  let after: LeaderboardKey | null = null
  for (let before = 0; ; before += pageSize) {
    const rows: RankedEntry[] = await readLeaderboard(tx, competition, {
      limit: pageSize,
      after,
      before,
    })
    yield rows.slice(0, pageSize).map(({ entry }) => entry)
    if (rows.length <= pageSize) return
    after = rows[pageSize - 1]?.key ?? null
  }
}

/** Somebody's own place; null where they have none. */
export async function readStanding(
  db: Kysely<DB>,
  competition: CompetitionFacts,
  userId: string,
): Promise<LeaderboardEntry | null> {
  const { rows } = await sql<Row>`
    SELECT (
        SELECT COUNT(*) FROM leaderboard_entries AS other
        WHERE ${onBoard(competition, sql.ref('other'))} AND (
          other.sort_score < entry.sort_score
          OR (other.sort_score = entry.sort_score AND (
            other.scored_at < entry.scored_at
            OR (other.scored_at = entry.scored_at AND other.submission_id < entry.submission_id)
          ))
        )
      ) AS \`before\`,
      entry.user_id, users.display_name, entry.submission_id, entry.score_id, entry.sort_score,
      entry.primary_score, entry.metric_version, entry.scored_at, entry.entries
    FROM leaderboard_entries AS entry STRAIGHT_JOIN users ON users.id = entry.user_id
    WHERE ${onBoard(competition)} AND entry.user_id = ${userId}
  `.execute(db)
  const [row] = rows
  return row ? rankedEntry(competition, row, Number(row.before) + 1).entry : null
}

export async function countPeople(db: Kysely<DB>, competition: CompetitionFacts): Promise<number> {
  const { people } = await db
    .selectFrom('leaderboard_entries')
    .select((eb) => eb.fn.countAll<number>().as('people'))
    .where('competition_id', '=', competition.id)
    .where('evaluation_split_version', '=', competition.evaluation_split_version)
    .executeTakeFirstOrThrow()
  return Number(people)
}

function onBoard(
  { id, evaluation_split_version }: CompetitionFacts,
  entry: RawBuilder<unknown> = sql.ref('entry'),
): RawBuilder<unknown> {
  return sql`${entry}.competition_id = ${id} AND ${entry}.evaluation_split_version = ${evaluation_split_version}`
}

// Written out so that MariaDB takes each line for a range of the index; it does not for `(a, b, c) > (x, y, z)`.
function isAfter({ sort_score, scored_at, submission_id }: LeaderboardKey): RawBuilder<unknown> {
  return sql`(
    entry.sort_score > ${sort_score}
    OR (entry.sort_score = ${sort_score} AND entry.scored_at > ${scored_at})
    OR (entry.sort_score = ${sort_score} AND entry.scored_at = ${scored_at}
      AND entry.submission_id > ${submission_id})
  )`
}

function countUpTo(competition: CompetitionFacts, key: LeaderboardKey): RawBuilder<unknown> {
  const { sort_score, scored_at, submission_id } = key
  return sql`(
    SELECT COUNT(*) FROM leaderboard_entries AS shown
    WHERE ${onBoard(competition, sql.ref('shown'))} AND (
      shown.sort_score < ${sort_score}
      OR (shown.sort_score = ${sort_score} AND shown.scored_at < ${scored_at})
      OR (shown.sort_score = ${sort_score} AND shown.scored_at = ${scored_at}
        AND shown.submission_id <= ${submission_id})
    )
  )`
}

function boardMoved(): DomainError {
  return new DomainError('invalid_cursor', {
    detail:
      'Everything was scored again on another holdout since that page, and boards of two holdouts are never mixed. Start again without a cursor.',
  })
}

function rankedEntry(
  { evaluation_split_version }: CompetitionFacts,
  row: Row,
  rank: number,
): RankedEntry {
  const { sort_score, scored_at, submission_id } = row
  return {
    entry: {
      rank,
      user_id: row.user_id,
      display_name: row.display_name,
      best_submission_id: submission_id,
      best_score_id: row.score_id,
      primary_score: row.primary_score,
      metric_version: row.metric_version,
      evaluation_split_version,
      scored_at: toTimestamp(scored_at),
      entries: Number(row.entries),
    },
    key: { split: evaluation_split_version, sort_score, scored_at, submission_id },
  }
}
