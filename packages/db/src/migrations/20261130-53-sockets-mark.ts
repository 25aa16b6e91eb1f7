import { type Kysely, sql } from 'kysely'

/** Until when ended logins had been looked at; session_accesses holds what is still open instead. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DELETE FROM platform_state WHERE name = 'sockets'`.execute(db)
}
