import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS submissions (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      competition_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      filename VARCHAR(255) NOT NULL,
      stored_name VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      sha256 BINARY(32) NOT NULL,
      size_bytes BIGINT NOT NULL,
      utc_day DATE NOT NULL,
      counts_against_cap TINYINT(1) NOT NULL DEFAULT 1,
      idempotency_key VARCHAR(255) NULL,
      score_status ENUM('queued','scoring','scored','failed') NOT NULL DEFAULT 'queued',
      score_error VARCHAR(500) NULL,
      score_error_internal TEXT NULL,
      attempts INT NOT NULL DEFAULT 0,
      lease_owner VARCHAR(100) NULL,
      lease_expires_at DATETIME(6) NULL,
      request_id VARCHAR(64) NOT NULL,
      created_at DATETIME(6) NOT NULL,
      scored_at DATETIME(6) NULL,
      UNIQUE KEY submissions_stored_name (stored_name),
      UNIQUE KEY submissions_idempotency (user_id, competition_id, idempotency_key),
      KEY submissions_cap (user_id, competition_id, utc_day, counts_against_cap),
      KEY submissions_mine (user_id, competition_id, created_at, id),
      KEY submissions_queue (score_status, created_at, id),
      CONSTRAINT submissions_competition_fk FOREIGN KEY (competition_id) REFERENCES competitions (id),
      CONSTRAINT submissions_user_fk FOREIGN KEY (user_id) REFERENCES users (id),
      CONSTRAINT submissions_status CHECK (score_status IN ('queued','scoring','scored','failed'))
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
