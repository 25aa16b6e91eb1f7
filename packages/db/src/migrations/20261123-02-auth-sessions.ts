import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS auth_sessions (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      token_hash BINARY(32) NOT NULL,
      created_at DATETIME(6) NOT NULL,
      last_seen_at DATETIME(6) NOT NULL,
      expires_at DATETIME(6) NOT NULL,
      revoked_at DATETIME(6) NULL,
      UNIQUE KEY auth_sessions_token (token_hash),
      KEY auth_sessions_user (user_id, revoked_at),
      KEY auth_sessions_expiry (expires_at),
      CONSTRAINT auth_sessions_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
