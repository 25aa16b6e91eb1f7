import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE gpu_devices
      ADD CONSTRAINT IF NOT EXISTS gpu_devices_quarantine CHECK (quarantine IS NULL OR (quarantine IN ('fault','dirty') AND health <> 'healthy'))
  `.execute(db)
}
