import { type Kysely, sql } from 'kysely'

/** A server of the version before writes neither key; what stands there until the next one starts is unique as well. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE users
      ALTER COLUMN display_name_skeleton SET DEFAULT (UNHEX(SHA2(id, 256))),
      ALTER COLUMN display_name_folded SET DEFAULT (UNHEX(SHA2(id, 256)))
  `.execute(db)
}
