import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE submissions ADD COLUMN IF NOT EXISTS note VARCHAR(500) NULL
  `.execute(db)
}
