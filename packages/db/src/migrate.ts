import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createDatabase, PATIENT_QUERY_LIMIT_MS } from './database.ts'
import { MIGRATIONS } from './migrations/index.ts'
import type { DB } from './schema/index.ts'

/**
 * Bring the schema to the newest version; does nothing when it is there already.
 *
 * Two callers at once are safe (the migrator holds a lock in the database), and so is a kill half-way: the next call goes on.
 *
 * @returns the names of the steps that this call ran
 * @throws the database's own error, with the failing step named
 */
export async function migrateToLatest(databaseUrl: string): Promise<string[]> {
  await using db = createDatabase(databaseUrl, {
    poolSize: 1,
    queryLimitMs: PATIENT_QUERY_LIMIT_MS,
  })
  const { error, results = [] } = await createMigrator(db).migrateToLatest()
  const failed = results.find((result) => result.status === 'Error')
  if (error) {
    throw new Error(`Migration ${failed?.migrationName ?? '(none started)'} failed.`, {
      cause: error,
    })
  }
  return results.filter((result) => result.status === 'Success').map((step) => step.migrationName)
}

/** Names of the steps that the database still lacks; empty when this code and the schema agree. */
export async function pendingMigrations(db: Kysely<DB>): Promise<string[]> {
  const steps = await createMigrator(db).getMigrations()
  return steps.filter((step) => step.executedAt === undefined).map((step) => step.name)
}

function createMigrator(db: Kysely<DB>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
    // Steps that were written side by side land in any order; none needs one that is listed after it.
    allowUnorderedMigrations: true,
  })
}
