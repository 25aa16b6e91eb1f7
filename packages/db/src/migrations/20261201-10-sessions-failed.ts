import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE sessions
      ADD COLUMN IF NOT EXISTS failed_at DATETIME(6) NULL AFTER error_message
  `.execute(db)
}
