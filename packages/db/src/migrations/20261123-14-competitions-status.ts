import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE competitions ADD CONSTRAINT IF NOT EXISTS competitions_status CHECK (status IN ('active','inactive'))
  `.execute(db)
}
