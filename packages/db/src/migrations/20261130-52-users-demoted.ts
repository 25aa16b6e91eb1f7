import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE users
      ADD COLUMN IF NOT EXISTS demoted_at DATETIME(6) NULL AFTER role
  `.execute(db)
}
