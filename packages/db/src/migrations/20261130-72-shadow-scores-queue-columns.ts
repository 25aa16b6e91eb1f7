import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE shadow_scores
      ADD COLUMN IF NOT EXISTS not_before DATETIME(6) NULL AFTER attempts,
      ADD COLUMN IF NOT EXISTS blocked_reason ENUM('holdout_unavailable') NULL
        CHECK (blocked_reason IS NULL OR blocked_reason = 'holdout_unavailable') AFTER not_before,
      DROP INDEX IF EXISTS shadow_scores_queue,
      ADD INDEX shadow_scores_queue (run_id, state)
  `.execute(db)
}
