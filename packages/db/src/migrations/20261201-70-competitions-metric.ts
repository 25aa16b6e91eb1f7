import { type Kysely, sql } from 'kysely'

/** Which metrics there are, `packages/contracts` says; another one needs no change of the table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE competitions
      MODIFY metric VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
  `.execute(db)
}
