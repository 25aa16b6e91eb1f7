import type { LeaderboardEntry } from '@medforge/contracts'
import { type DB, type SqlTime, toTimestamp } from '@medforge/db'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { CompetitionFacts } from './repository.ts'

/** Where an entry stands: no two entries share it. */
export type LeaderboardKey = { primary_score: number; scored_at: SqlTime; submission_id: string }

type Row = {
  rank: number
  user_id: string
  display_name: string
  submission_id: string
  score_id: string
  primary_score: number
  metric_version: string
  scored_at: SqlTime
  entries: number
}

/**
 * Everybody's best official score on the current split, best first: of equal scores the earlier, then the smaller submission id. Ranks are
 * 1, 2, 3, … without gaps or ties.
 *
 * One query over `submission_scores_board`: best of each person, then the order of those, both by the same key.
 * @param page.limit  null: everybody. Otherwise one row more than the limit where there is more.
 */
export async function readLeaderboard(
  db: Kysely<DB>,
  competition: CompetitionFacts,
  page: { limit: number | null; after: LeaderboardKey | null },
): Promise<{ entry: LeaderboardEntry; key: LeaderboardKey }[]> {
  const { evaluation_split_version } = competition
  const direction = competition.higher_is_better ? sql`DESC` : sql`ASC`
  const order = sql`primary_score ${direction}, created_at, submission_id`
  const { rows } = await sql<Row>`
    WITH ranked AS (
      SELECT id, submission_id, user_id, primary_score, metric_version, created_at,
        ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ${order}) AS place,
        COUNT(*) OVER (PARTITION BY user_id) AS entries
      FROM submission_scores
      WHERE competition_id = ${competition.id}
        AND evaluation_split_version = ${evaluation_split_version}
        AND is_official = 1
    ), board AS (
      SELECT *, ROW_NUMBER() OVER (ORDER BY ${order}) AS position FROM ranked WHERE place = 1
    )
    SELECT board.position AS \`rank\`, board.user_id, users.display_name, board.submission_id,
      board.id AS score_id, board.primary_score, board.metric_version,
      board.created_at AS scored_at, board.entries
    FROM board JOIN users ON users.id = board.user_id
    ${page.after ? isAfter(page.after, competition.higher_is_better) : sql``}
    ORDER BY board.position
    ${page.limit === null ? sql`` : sql`LIMIT ${page.limit + 1}`}
  `.execute(db)
  return rows.map((row) => ({ entry: toEntry(row, evaluation_split_version), key: keyOf(row) }))
}

function isAfter(key: LeaderboardKey, higherIsBetter: boolean): RawBuilder<unknown> {
  const worse = higherIsBetter ? sql`<` : sql`>`
  return sql`
    WHERE board.primary_score ${worse} ${key.primary_score}
      OR (board.primary_score = ${key.primary_score} AND board.created_at > ${key.scored_at})
      OR (board.primary_score = ${key.primary_score} AND board.created_at = ${key.scored_at}
        AND board.submission_id > ${key.submission_id})
  `
}

function keyOf({ primary_score, scored_at, submission_id }: Row): LeaderboardKey {
  return { primary_score, scored_at, submission_id }
}

function toEntry(row: Row, evaluationSplitVersion: string): LeaderboardEntry {
  return {
    rank: Number(row.rank),
    user_id: row.user_id,
    display_name: row.display_name,
    best_submission_id: row.submission_id,
    best_score_id: row.score_id,
    primary_score: row.primary_score,
    metric_version: row.metric_version,
    evaluation_split_version: evaluationSplitVersion,
    scored_at: toTimestamp(row.scored_at),
    entries: Number(row.entries),
  }
}
