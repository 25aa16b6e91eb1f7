import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS audit_events (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      actor_user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
      action VARCHAR(100) NOT NULL,
      subject VARCHAR(200) NOT NULL,
      detail LONGTEXT NULL CHECK (detail IS NULL OR JSON_VALID(detail)),
      request_id VARCHAR(64) NULL,
      at DATETIME(6) NOT NULL,
      KEY audit_events_at (at, id),
      CONSTRAINT audit_events_actor_fk FOREIGN KEY (actor_user_id) REFERENCES users (id)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
