import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS reference_scores (
      competition_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      evaluation_split_version VARCHAR(100) NOT NULL,
      name VARCHAR(100) NOT NULL,
      source VARCHAR(64) NOT NULL,
      place INT NOT NULL,
      metric_version VARCHAR(50) NOT NULL,
      manifest_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      secondary_metrics TEXT NOT NULL,
      primary_score DOUBLE NULL,
      score_components TEXT NOT NULL CHECK (JSON_VALID(score_components)),
      standard_error DOUBLE NULL,
      interval_low DOUBLE NULL,
      interval_high DOUBLE NULL,
      computed_at DATETIME(6) NOT NULL,
      PRIMARY KEY (competition_id, evaluation_split_version, name),
      CONSTRAINT reference_scores_competition_fk FOREIGN KEY (competition_id) REFERENCES competitions (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
