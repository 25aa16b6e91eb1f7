import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE competitions
      ADD COLUMN IF NOT EXISTS secondary_metrics TEXT NOT NULL DEFAULT '[]'
        CHECK (JSON_VALID(secondary_metrics)) AFTER metric_version
  `.execute(db)
}
