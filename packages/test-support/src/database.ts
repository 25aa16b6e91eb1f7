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
  const tables = await listTables(db)
  return {
    url,
    db,
    empty: () => emptyTables(db, tables),
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

async function listTables(db: Kysely<DB>): Promise<string[]> {
  const tables = await db.introspection.getTables()
  // The migrator's own tables hold which schema this is.
  return tables.map(({ name }) => name).filter((name) => !name.startsWith('kysely_'))
}

/** Deletes from the tables that have rows, which a test leaves in few of them. */
async function emptyTables(db: Kysely<DB>, tables: readonly string[]): Promise<void> {
  await db.connection().execute(async (connection) => {
    const isUsed = tables.map(
      (name) =>
        sql`SELECT ${name} AS name FROM DUAL WHERE EXISTS (SELECT 1 FROM ${sql.table(name)})`,
    )
    const { rows } = await sql<{ name: string }>`${sql.join(isUsed, sql` UNION ALL `)}`.execute(
      connection,
    )
    if (rows.length === 0) return
    await sql`SET foreign_key_checks = 0`.execute(connection)
    for (const { name } of rows) await sql`DELETE FROM ${sql.table(name)}`.execute(connection)
    await sql`SET foreign_key_checks = 1`.execute(connection)
  })
}
