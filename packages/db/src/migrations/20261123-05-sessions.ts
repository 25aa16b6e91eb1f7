import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS sessions (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      tier ENUM('public','private') NOT NULL,
      pack_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      status ENUM('starting','running','stopping','stopped','error') NOT NULL,
      version INT NOT NULL DEFAULT 1,
      container_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
      gpu_id SMALLINT NOT NULL,
      gpu_active TINYINT GENERATED ALWAYS AS (CASE WHEN status IN ('starting','running','stopping') THEN 1 END) STORED,
      slug CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      workspace_zfs VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      created_at DATETIME(6) NOT NULL,
      started_at DATETIME(6) NULL,
      stop_requested_at DATETIME(6) NULL,
      stopped_at DATETIME(6) NULL,
      error_message VARCHAR(500) NULL,
      status_reason VARCHAR(500) NULL,
      snapshot_name VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
      last_snapshot_name VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL,
      last_snapshot_at DATETIME(6) NULL,
      deadline_at DATETIME(6) NULL,
      next_attempt_at DATETIME(6) NULL,
      attempts INT NOT NULL DEFAULT 0,
      request_id VARCHAR(64) NOT NULL,
      UNIQUE KEY sessions_slug (slug),
      UNIQUE KEY sessions_gpu_active (gpu_id, gpu_active),
      KEY sessions_user (user_id, created_at, id),
      KEY sessions_active (gpu_active, status),
      CONSTRAINT sessions_user_fk FOREIGN KEY (user_id) REFERENCES users (id),
      CONSTRAINT sessions_pack_fk FOREIGN KEY (pack_id) REFERENCES packs (id),
      CONSTRAINT sessions_gpu_fk FOREIGN KEY (gpu_id) REFERENCES gpu_devices (id),
      CONSTRAINT sessions_status CHECK (status IN ('starting','running','stopping','stopped','error')),
      CONSTRAINT sessions_terminal CHECK (status NOT IN ('stopped','error') OR (container_id IS NULL AND stopped_at IS NOT NULL)),
      CONSTRAINT sessions_slug_shape CHECK (slug REGEXP '^[a-z2-7]{8}$')
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
