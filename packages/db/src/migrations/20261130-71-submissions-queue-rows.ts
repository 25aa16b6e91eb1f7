import { type Kysely, sql } from 'kysely'

/** Queued rows kept their retry time in `lease_expires_at`, and the reason "holdout" as a prefix of the operator's text. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // MariaDB assigns from left to right: each column is read before it is overwritten.
  await sql`
    UPDATE submissions
    SET not_before = COALESCE(lease_expires_at, not_before),
      lease_expires_at = NULL,
      blocked_reason = IF(score_error_internal LIKE 'holdout: %', 'holdout_unavailable', blocked_reason),
      score_error_internal = IF(
        score_error_internal LIKE 'holdout: %',
        SUBSTRING(score_error_internal, CHAR_LENGTH('holdout: ') + 1),
        score_error_internal
      )
    WHERE score_status = 'queued'
      AND (lease_expires_at IS NOT NULL OR score_error_internal LIKE 'holdout: %')
  `.execute(db)
}
