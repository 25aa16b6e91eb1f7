import type { DB } from '@medforge/db'
import { type Kysely, sql } from 'kysely'

/** What may take somebody's way into a session: inserts cannot, as servers remember only who may enter. */
const CHANGES = {
  users: {
    UPDATE:
      'NOT (NEW.role <=> OLD.role AND NEW.disabled_at <=> OLD.disabled_at AND NEW.password_hash <=> OLD.password_hash)',
    DELETE: 'TRUE',
  },
  auth_sessions: {
    UPDATE:
      'NOT (NEW.token_hash <=> OLD.token_hash AND NEW.revoked_at <=> OLD.revoked_at AND NEW.expires_at <=> OLD.expires_at)',
    DELETE: 'TRUE',
  },
  sessions: { UPDATE: 'NOT (NEW.status <=> OLD.status)', DELETE: 'TRUE' },
} as const

/** Finds transactions that change who may enter a session and do not move the epoch, or change more after they did. */
export interface EpochWatch {
  forget(): Promise<void>
  /** Table and user of each change since `forget` that was committed without a move of the epoch after it. */
  unmoved(): Promise<{ table: string; user: string }[]>
}

/** By triggers that note each change and, with the epoch, strike out what their own connection has noted: all of it inside the transaction. */
export async function watchEpoch(db: Kysely<DB>, schema: string): Promise<EpochWatch> {
  const notes = sql.table(`${schema}_epoch.unmoved`)
  const run = (statement: ReturnType<typeof sql>) => statement.execute(db)
  await run(sql`CREATE DATABASE IF NOT EXISTS ${sql.ref(`${schema}_epoch`)}`)
  await run(sql`
    CREATE TABLE IF NOT EXISTS ${notes} (
      connection BIGINT NOT NULL, user_name VARCHAR(255) NOT NULL, table_name VARCHAR(64) NOT NULL, KEY (connection)
    ) ENGINE=InnoDB`)
  for (const [table, events] of Object.entries(CHANGES)) {
    for (const [event, condition] of Object.entries(events)) {
      await run(sql`
        CREATE OR REPLACE TRIGGER ${sql.ref(`unmoved_${table}_${event.toLowerCase()}`)}
        AFTER ${sql.raw(event)} ON ${sql.table(table)} FOR EACH ROW
        IF ${sql.raw(condition)} THEN
          INSERT INTO ${notes} VALUES (CONNECTION_ID(), SUBSTRING_INDEX(USER(), '@', 1), ${sql.lit(table)});
        END IF`)
    }
  }
  for (const event of ['INSERT', 'UPDATE']) {
    await run(sql`
      CREATE OR REPLACE TRIGGER ${sql.ref(`moved_${event.toLowerCase()}`)}
      AFTER ${sql.raw(event)} ON platform_state FOR EACH ROW
      IF NEW.name = 'epoch' THEN
        DELETE FROM ${notes} WHERE connection = CONNECTION_ID();
      END IF`)
  }
  return {
    forget: async () => void (await run(sql`DELETE FROM ${notes}`)),
    async unmoved() {
      const { rows } = await sql<{ table: string; user: string }>`
        SELECT table_name AS \`table\`, user_name AS user FROM ${notes}`.execute(db)
      return rows
    },
  }
}
