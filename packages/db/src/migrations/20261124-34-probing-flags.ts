import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS probing_flags (
      submission_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      competition_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      nearest_submission_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      changed_rows INT NOT NULL CHECK (changed_rows > 0),
      chain_length INT NOT NULL CHECK (chain_length > 0),
      created_at DATETIME(6) NOT NULL,
      KEY probing_flags_by_person (competition_id, user_id, created_at),
      CONSTRAINT probing_flags_submission_fk FOREIGN KEY (submission_id) REFERENCES submissions (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
