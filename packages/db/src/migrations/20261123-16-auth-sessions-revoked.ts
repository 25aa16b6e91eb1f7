import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE INDEX IF NOT EXISTS auth_sessions_revoked ON auth_sessions (revoked_at)
  `.execute(db)
}
