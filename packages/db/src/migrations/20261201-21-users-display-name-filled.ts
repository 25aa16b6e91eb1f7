import { type Kysely, sql } from 'kysely'
import { displayNameKeys, isDisplayNameTaken } from '../names/display-name-keys.ts'
import { numberedNames } from '../names/numbered-names.ts'

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
  for (const row of rows) await fill(db, row)
  await sql`
    ALTER TABLE users
      MODIFY COLUMN display_name_skeleton BINARY(32) NOT NULL,
      MODIFY COLUMN display_name_folded BINARY(32) NOT NULL
  `.execute(db)
}

async function fill(db: Kysely<unknown>, { id, display_name }: Row): Promise<void> {
  for (const name of numberedNames(display_name)) {
    const { display_name_skeleton, display_name_folded } = displayNameKeys(name)
    try {
      await sql`
        UPDATE users
        SET display_name = ${name}, display_name_skeleton = ${display_name_skeleton},
          display_name_folded = ${display_name_folded}
        WHERE id = ${id}
      `.execute(db)
      return
    } catch (error) {
      if (!isDisplayNameTaken(error)) throw error
    }
  }
}
