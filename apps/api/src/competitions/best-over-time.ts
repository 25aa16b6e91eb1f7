import type { BestOverTime } from '@medforge/contracts'
import { type DB, type SqlTime, toTimestamp } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import type { CompetitionFacts } from './repository.ts'

/** Enough for any plot; more of them lie too close to be told apart. */
export const POINTS_MAX = 100

type Row = { user_id: string; primary_score: number; created_at: SqlTime }

/**
 * How each person's best score on the current split came about: the scores that were better than every one before, oldest first, and of
 * those the latest `POINTS_MAX`. They are official scores of today at the times of the submissions' first ones: after everything was scored
 * again, a curve shows what each file is worth now, not what the board showed then.
 */
export async function readBestOverTime(
  db: Kysely<DB>,
  competition: CompetitionFacts,
  userIds: readonly string[],
): Promise<Map<string, BestOverTime>> {
  const series = new Map<string, BestOverTime>(userIds.map((id) => [id, []]))
  if (userIds.length === 0) return series
  const best = competition.higher_is_better ? sql`MAX` : sql`MIN`
  const better = competition.higher_is_better ? sql`>` : sql`<`
  const { rows } = await sql<Row>`
    SELECT user_id, primary_score, created_at FROM (
      SELECT score.user_id, score.primary_score, score.created_at, score.submission_id,
        ${best}(score.primary_score) OVER (
          PARTITION BY score.user_id ORDER BY score.created_at, score.submission_id
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS best_before
      FROM submission_scores AS score
      WHERE score.competition_id = ${competition.id}
        AND score.evaluation_split_version = ${competition.evaluation_split_version}
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
