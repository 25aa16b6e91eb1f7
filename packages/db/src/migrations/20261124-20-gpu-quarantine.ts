import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE gpu_devices
      ADD COLUMN IF NOT EXISTS quarantine ENUM('fault','dirty') NULL AFTER health_reason,
      ADD COLUMN IF NOT EXISTS quarantined_at DATETIME(6) NULL AFTER quarantine,
      ADD COLUMN IF NOT EXISTS disabled_reason VARCHAR(500) NULL AFTER enabled,
      ADD COLUMN IF NOT EXISTS cleared_at DATETIME(6) NULL AFTER disabled_reason
  `.execute(db)
}
