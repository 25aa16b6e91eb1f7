import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS submission_fingerprints (
      submission_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      competition_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      row_hashes MEDIUMBLOB NOT NULL,
      created_at DATETIME(6) NOT NULL,
      KEY submission_fingerprints_latest (competition_id, user_id, created_at, submission_id),
      CONSTRAINT submission_fingerprints_submission_fk FOREIGN KEY (submission_id) REFERENCES submissions (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
