import { type Kysely, sql } from 'kysely'

/** Queued rows kept their retry time in `lease_expires_at`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // MariaDB assigns from left to right: the time is read before it is overwritten.
  await sql`
    UPDATE shadow_scores SET not_before = lease_expires_at, lease_expires_at = NULL
    WHERE state = 'queued' AND lease_expires_at IS NOT NULL
  `.execute(db)
}
