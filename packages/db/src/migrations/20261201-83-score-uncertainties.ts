import { type Kysely, sql } from 'kysely'

/** Without a foreign key: its row is written while scores are published, and waits for none of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS score_uncertainties (
      score_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      secondary_metrics TEXT NOT NULL,
      standard_error DOUBLE NULL,
      interval_low DOUBLE NULL,
      interval_high DOUBLE NULL,
      first_score_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
      tied_with_first TINYINT(1) NULL,
      computed_at DATETIME(6) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
