import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE auth_sessions
      ADD COLUMN IF NOT EXISTS client VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER token_replaced_at
  `.execute(db)
}
