import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS users (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      email VARCHAR(320) NOT NULL,
      password_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      display_name VARCHAR(160) NOT NULL,
      role ENUM('user','admin') NOT NULL DEFAULT 'user',
      max_concurrent_sessions INT NOT NULL DEFAULT 1,
      disabled_at DATETIME(6) NULL,
      created_at DATETIME(6) NOT NULL,
      UNIQUE KEY users_email (email),
      CONSTRAINT users_limit CHECK (max_concurrent_sessions >= 0)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
