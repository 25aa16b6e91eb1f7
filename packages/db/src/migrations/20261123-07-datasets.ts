import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS datasets (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      slug VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      title VARCHAR(200) NOT NULL,
      source VARCHAR(500) NOT NULL,
      license VARCHAR(200) NOT NULL,
      bytes BIGINT NOT NULL,
      checksum VARCHAR(200) NOT NULL,
      storage_path VARCHAR(255) NOT NULL,
      created_at DATETIME(6) NOT NULL,
      UNIQUE KEY datasets_slug (slug)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
