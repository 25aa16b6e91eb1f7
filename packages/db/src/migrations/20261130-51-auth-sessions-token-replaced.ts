import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE auth_sessions
      ADD COLUMN IF NOT EXISTS token_replaced_at DATETIME(6) NULL AFTER token_hash
  `.execute(db)
}
