import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS leaderboard_entries (
      competition_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      evaluation_split_version VARCHAR(100) NOT NULL,
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      sort_score DOUBLE NOT NULL,
      primary_score DOUBLE NOT NULL,
      scored_at DATETIME(6) NOT NULL,
      submission_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      score_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      metric_version VARCHAR(50) NOT NULL,
      entries INT NOT NULL CHECK (entries > 0),
      PRIMARY KEY (competition_id, evaluation_split_version, user_id),
      KEY leaderboard_entries_order (competition_id, evaluation_split_version, sort_score, scored_at, submission_id),
      CONSTRAINT leaderboard_entries_competition_fk FOREIGN KEY (competition_id) REFERENCES competitions (id),
      CONSTRAINT leaderboard_entries_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
