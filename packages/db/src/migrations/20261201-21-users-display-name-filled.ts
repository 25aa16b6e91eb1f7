import { type Kysely, sql } from 'kysely'
import { fitDisplayName } from '../names/display-name-repair.ts'
import type { DB } from '../schema/index.ts'

type Row = { id: string; display_name: string }

/**
 * The oldest account of a name keeps it; the others get a number behind it.
 *
 * Accounts that sign up meanwhile are filled when this is tried again: the column stays without its NOT NULL until all are.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<Row>`
    SELECT id, display_name FROM users
    WHERE display_name_skeleton IS NULL OR display_name_folded IS NULL
    ORDER BY created_at, id
  `.execute(db)
  for (const row of rows) await fitDisplayName(db as Kysely<DB>, row, new Date())
  await sql`
    ALTER TABLE users
      MODIFY COLUMN display_name_skeleton BINARY(32) NOT NULL,
      MODIFY COLUMN display_name_folded BINARY(32) NOT NULL
  `.execute(db)
}
