import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS session_accesses (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      token_hash BINARY(32) NOT NULL,
      session_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      client VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NULL,
      client_key VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin AS (IFNULL(client, '')) PERSISTENT,
      is_multiplexed TINYINT(1) NOT NULL DEFAULT 1,
      seen_at DATETIME(6) NOT NULL,
      UNIQUE KEY session_accesses_client (client_key, token_hash, session_id),
      KEY session_accesses_session (session_id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
