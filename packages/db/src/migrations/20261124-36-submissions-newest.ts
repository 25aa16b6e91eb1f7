import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE submissions
      ADD KEY IF NOT EXISTS submissions_newest (created_at, id)
  `.execute(db)
}
