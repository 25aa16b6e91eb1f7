import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE packs ADD CONSTRAINT IF NOT EXISTS packs_status CHECK (status IN ('active','deprecated'))
  `.execute(db)
}
