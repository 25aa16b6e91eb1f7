import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS submission_scores (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      submission_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      competition_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      primary_score DOUBLE NOT NULL,
      score_components LONGTEXT NOT NULL CHECK (JSON_VALID(score_components)),
      scorer_version VARCHAR(50) NOT NULL,
      metric_version VARCHAR(50) NOT NULL,
      evaluation_split_version VARCHAR(100) NOT NULL,
      manifest_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      is_official TINYINT(1) NOT NULL,
      official_active TINYINT GENERATED ALWAYS AS (CASE WHEN is_official THEN 1 END) STORED,
      created_at DATETIME(6) NOT NULL,
      UNIQUE KEY submission_scores_official (submission_id, official_active),
      KEY submission_scores_board (competition_id, evaluation_split_version, is_official, user_id, primary_score, created_at),
      CONSTRAINT submission_scores_submission_fk FOREIGN KEY (submission_id) REFERENCES submissions (id),
      CONSTRAINT submission_scores_competition_fk FOREIGN KEY (competition_id) REFERENCES competitions (id),
      CONSTRAINT submission_scores_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
