import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS shadow_scores (
      run_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      submission_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      state ENUM('queued','scoring','scored','invalid','failed') NOT NULL DEFAULT 'queued',
      attempts INT NOT NULL DEFAULT 0,
      lease_owner VARCHAR(100) NULL,
      lease_expires_at DATETIME(6) NULL,
      score_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
      primary_score DOUBLE NULL,
      score_components LONGTEXT NULL CHECK (score_components IS NULL OR JSON_VALID(score_components)),
      scorer_version VARCHAR(50) NULL,
      reason TEXT NULL,
      scored_at DATETIME(6) NULL,
      PRIMARY KEY (run_id, submission_id),
      KEY shadow_scores_queue (run_id, state, lease_expires_at),
      CONSTRAINT shadow_scores_run_fk FOREIGN KEY (run_id) REFERENCES rescore_runs (id),
      CONSTRAINT shadow_scores_submission_fk FOREIGN KEY (submission_id) REFERENCES submissions (id),
      CONSTRAINT shadow_scores_state CHECK (state IN ('queued','scoring','scored','invalid','failed'))
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
