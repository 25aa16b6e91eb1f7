import { type Kysely, sql } from 'kysely'

/** No foreign key: writing it waits for nobody who holds the person's row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS storage_usage (
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      used_bytes BIGINT NOT NULL,
      snapshots_bytes BIGINT NOT NULL,
      measured_at DATETIME(6) NOT NULL
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
