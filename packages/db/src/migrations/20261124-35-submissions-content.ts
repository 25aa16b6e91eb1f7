import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE submissions
      ADD KEY IF NOT EXISTS submissions_content (competition_id, sha256, user_id)
  `.execute(db)
}
