import { type Kysely, sql } from 'kysely'

/** The boards of scores that were there before boards were kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    REPLACE INTO leaderboard_entries (
      competition_id, evaluation_split_version, user_id, sort_score, primary_score, scored_at,
      submission_id, score_id, metric_version, entries
    )
    SELECT competition_id, evaluation_split_version, user_id, sort_score, primary_score, created_at,
      submission_id, id, metric_version, entries
    FROM (
      SELECT scored.*,
        ROW_NUMBER() OVER (
          PARTITION BY competition_id, evaluation_split_version, user_id
          ORDER BY sort_score, created_at, submission_id
        ) AS place,
        COUNT(*) OVER (PARTITION BY competition_id, evaluation_split_version, user_id) AS entries
      FROM (
        SELECT score.*,
          IF(competitions.higher_is_better, 0 - score.primary_score, score.primary_score) AS sort_score
        FROM submission_scores AS score
        JOIN competitions ON competitions.id = score.competition_id
        WHERE score.is_official = 1
      ) AS scored
    ) AS ranked
    WHERE place = 1
  `.execute(db)
}
