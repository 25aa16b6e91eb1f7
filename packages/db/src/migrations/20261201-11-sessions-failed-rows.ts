import { type Kysely, sql } from 'kysely'

/** A session that was being undone had an error message while its status was still active. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    UPDATE sessions SET failed_at = UTC_TIMESTAMP(6)
    WHERE gpu_active = 1 AND error_message IS NOT NULL AND failed_at IS NULL
  `.execute(db)
}
