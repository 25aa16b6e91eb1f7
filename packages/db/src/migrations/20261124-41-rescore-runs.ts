import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS rescore_runs (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      competition_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      status ENUM('open','switched','abandoned') NOT NULL DEFAULT 'open',
      open_active TINYINT GENERATED ALWAYS AS (CASE WHEN status = 'open' THEN 1 END) STORED,
      bundle_version CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
      metric_version VARCHAR(50) NOT NULL,
      evaluation_split_version VARCHAR(100) NOT NULL,
      manifest_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      created_at DATETIME(6) NOT NULL,
      ended_at DATETIME(6) NULL,
      UNIQUE KEY rescore_runs_open (competition_id, open_active),
      KEY rescore_runs_by_status (status),
      CONSTRAINT rescore_runs_competition_fk FOREIGN KEY (competition_id) REFERENCES competitions (id),
      CONSTRAINT rescore_runs_status CHECK (status IN ('open','switched','abandoned'))
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
