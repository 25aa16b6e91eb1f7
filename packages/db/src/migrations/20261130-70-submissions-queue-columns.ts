import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE submissions
      ADD COLUMN IF NOT EXISTS not_before DATETIME(6) NULL AFTER attempts,
      ADD COLUMN IF NOT EXISTS blocked_reason ENUM('holdout_unavailable') NULL
        CHECK (blocked_reason IS NULL OR blocked_reason = 'holdout_unavailable') AFTER not_before
  `.execute(db)
}
