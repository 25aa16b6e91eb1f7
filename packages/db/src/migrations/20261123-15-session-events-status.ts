import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE session_events ADD CONSTRAINT IF NOT EXISTS session_events_status CHECK (
      (from_status IS NULL OR from_status IN ('starting','running','stopping','stopped','error'))
      AND (to_status IS NULL OR to_status IN ('starting','running','stopping','stopped','error'))
    )
  `.execute(db)
}
