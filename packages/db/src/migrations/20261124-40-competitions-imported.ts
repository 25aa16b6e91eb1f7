import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE competitions
      ADD COLUMN IF NOT EXISTS bundle_version CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
      ADD COLUMN IF NOT EXISTS notice VARCHAR(1000) NULL,
      ADD COLUMN IF NOT EXISTS notice_at DATETIME(6) NULL
  `.execute(db)
}
