import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE competitions
      ADD COLUMN IF NOT EXISTS reference_entries TEXT NOT NULL DEFAULT '[]'
        CHECK (JSON_VALID(reference_entries)) AFTER secondary_metrics
  `.execute(db)
}
