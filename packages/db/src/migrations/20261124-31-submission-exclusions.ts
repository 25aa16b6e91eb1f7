import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS submission_exclusions (
      submission_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      reason VARCHAR(500) NOT NULL,
      excluded_by CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      excluded_at DATETIME(6) NOT NULL,
      CONSTRAINT submission_exclusions_submission_fk FOREIGN KEY (submission_id) REFERENCES submissions (id),
      CONSTRAINT submission_exclusions_user_fk FOREIGN KEY (excluded_by) REFERENCES users (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
