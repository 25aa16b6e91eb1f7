import { createDatabase, type DB, migrateToLatest } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import { createConnection } from 'mysql2/promise'

export type WorkerDatabase = AsyncDisposable & {
  url: string
  db: Kysely<DB>
  /** Delete every row of every table, so that a test starts from nothing. */
  empty(): Promise<void>
}

/**
 * This vitest worker's own schema, `test_<worker>`, migrated to the newest version, on the MariaDB that the run's set-up started.
 *
 * Two workers never share one, and a worker runs one test at a time.
 */
export async function openWorkerDatabase(): Promise<WorkerDatabase> {
  // biome-ignore lint/style/noProcessEnv: vitest and the run's set-up tell a worker these in no other way
  const { TEST_DATABASE_URL: server, VITEST_POOL_ID: worker = '0' } = process.env
  if (!server) {
    throw new Error(
      'There is no MariaDB: this test belongs into the project "integration" of vitest.config.ts.',
    )
  }
  const schema = `test_${worker}`
  await createSchema(server, schema)
  const url = Object.assign(new URL(server), { pathname: `/${schema}` }).href
  await migrateToLatest(url)
  const db = createDatabase(url, { poolSize: 4 })
  return {
    url,
    db,
    empty: () => emptyTables(db),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

async function createSchema(server: string, schema: string): Promise<void> {
  const connection = await createConnection(server)
  try {
    await connection.query(
      `CREATE DATABASE IF NOT EXISTS ${schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    )
  } finally {
    await connection.end()
  }
}

async function emptyTables(db: Kysely<DB>): Promise<void> {
  const tables = await db.introspection.getTables()
  await db.connection().execute(async (connection) => {
    await sql`SET foreign_key_checks = 0`.execute(connection)
    for (const { name } of tables) {
      // The migrator's own tables say which schema this is.
      if (!name.startsWith('kysely_')) await sql`DELETE FROM ${sql.table(name)}`.execute(connection)
    }
    await sql`SET foreign_key_checks = 1`.execute(connection)
  })
}
