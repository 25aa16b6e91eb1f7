import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE rescore_runs
      ADD COLUMN IF NOT EXISTS wanted ENUM('compare','switch','abandon') NULL AFTER status,
      ADD COLUMN IF NOT EXISTS wanted_by CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL AFTER wanted,
      ADD COLUMN IF NOT EXISTS note VARCHAR(1000) NULL AFTER wanted_by,
      ADD COLUMN IF NOT EXISTS gathered_at DATETIME(6) NULL AFTER note
  `.execute(db)
}
