import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS packs (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      name VARCHAR(100) NOT NULL,
      tier ENUM('public','private') NOT NULL,
      status ENUM('active','deprecated') NOT NULL DEFAULT 'active',
      image_ref VARCHAR(400) NOT NULL,
      image_digest VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      created_at DATETIME(6) NOT NULL,
      UNIQUE KEY packs_name (name),
      CONSTRAINT packs_digest CHECK (image_digest REGEXP '^sha256:[0-9a-f]{64}$')
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
