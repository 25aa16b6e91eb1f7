import {
  createDatabase,
  DATABASE_USERS,
  type DatabaseUser,
  type DB,
  grantTableRights,
  migrateToLatest,
} from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import { createConnection } from 'mysql2/promise'
import { type EpochWatch, watchEpoch } from './access-epoch.ts'

export type WorkerDatabase = AsyncDisposable & {
  /** As somebody who may do everything. */
  url: string
  /** As a process of the platform, which may do what an installation lets it. */
  urlOf(user: DatabaseUser): string
  db: Kysely<DB>
  epoch: EpochWatch
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
  const accountOf = (user: DatabaseUser) => ({ name: `${schema}_${user}`, host: '127.0.0.1' })
  await createUsers(db, accountOf)
  const epoch = await watchEpoch(db, schema)
  const urlOf = (user: DatabaseUser) =>
    Object.assign(new URL(url), { username: accountOf(user).name }).href
  const pools = new Map<DatabaseUser, Kysely<DB>>()
  poolsOf.set(db, (user) => {
    const pool = pools.get(user) ?? createDatabase(urlOf(user), { poolSize: 4 })
    pools.set(user, pool)
    return pool
  })
  return {
    url,
    urlOf,
    db,
    epoch,
    async empty() {
      await emptyTables(db, tables)
      await epoch.forget()
    },
    async [Symbol.asyncDispose]() {
      for (const pool of [db, ...pools.values()]) await pool.destroy()
    },
  }
}

const poolsOf = new WeakMap<Kysely<DB>, (user: DatabaseUser) => Kysely<DB>>()

/** The same database as one process of the platform has it, with that process's rights; a database that is no worker's stays as it is. */
export function asProcess(db: Kysely<DB>, user: DatabaseUser): Kysely<DB> {
  return poolsOf.get(db)?.(user) ?? db
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

async function createUsers(
  db: Kysely<DB>,
  accountOf: (user: DatabaseUser) => { name: string; host: string },
): Promise<void> {
  for (const user of DATABASE_USERS) {
    const { name, host } = accountOf(user)
    await sql`CREATE USER IF NOT EXISTS ${sql.lit(name)}@${sql.lit(host)} IDENTIFIED BY 'test'`.execute(
      db,
    )
  }
  await grantTableRights(db, accountOf)
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
