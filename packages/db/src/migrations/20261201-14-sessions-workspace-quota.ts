import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE sessions
      ADD COLUMN IF NOT EXISTS workspace_quota_bytes BIGINT NULL AFTER workspace_zfs
  `.execute(db)
}
