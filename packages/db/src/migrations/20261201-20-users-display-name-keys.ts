import { type Kysely, sql } from 'kysely'

/** SHA-256 of what two names share that people cannot tell apart; see `names/display-name-keys.ts`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE users
      ADD COLUMN IF NOT EXISTS display_name_skeleton BINARY(32) NULL AFTER display_name,
      ADD COLUMN IF NOT EXISTS display_name_folded BINARY(32) NULL AFTER display_name_skeleton,
      ADD UNIQUE KEY IF NOT EXISTS users_display_name_skeleton (display_name_skeleton),
      ADD UNIQUE KEY IF NOT EXISTS users_display_name_folded (display_name_folded)
  `.execute(db)
}
