import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE INDEX IF NOT EXISTS submissions_waiting
    ON submissions (score_status, competition_id, created_at, id)
  `.execute(db)
}
