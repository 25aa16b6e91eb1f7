import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE INDEX IF NOT EXISTS auth_sessions_seen ON auth_sessions (last_seen_at)
  `.execute(db)
}
