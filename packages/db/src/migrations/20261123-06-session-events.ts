import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS session_events (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      session_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      kind ENUM('transition','step') NOT NULL,
      from_status ENUM('starting','running','stopping','stopped','error') NULL,
      to_status ENUM('starting','running','stopping','stopped','error') NULL,
      step ENUM('allocated','workspace','container','ready','container_removed','snapshot') NULL,
      duration_ms INT NULL,
      reason VARCHAR(500) NULL,
      request_id VARCHAR(64) NULL,
      at DATETIME(6) NOT NULL,
      KEY session_events_session (session_id, id),
      KEY session_events_step (step, id),
      CONSTRAINT session_events_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id),
      CONSTRAINT session_events_kind CHECK ((kind = 'transition' AND to_status IS NOT NULL) OR (kind = 'step' AND step IS NOT NULL))
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
