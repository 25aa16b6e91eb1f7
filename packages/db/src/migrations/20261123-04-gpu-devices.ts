import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE IF NOT EXISTS gpu_devices (
      id SMALLINT NOT NULL PRIMARY KEY,
      enabled TINYINT(1) NOT NULL DEFAULT 1,
      present TINYINT(1) NOT NULL DEFAULT 0,
      uuid VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
      model VARCHAR(200) NULL,
      health ENUM('unknown','healthy','failing') NOT NULL DEFAULT 'unknown',
      health_reason VARCHAR(500) NULL,
      observed_at DATETIME(6) NULL,
      UNIQUE KEY gpu_devices_uuid (uuid)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
  `.execute(db)
}
