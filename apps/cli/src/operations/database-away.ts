import { POOL_FILES_SILENT, type PoolFiles } from '@medforge/core/pool-files'
import { isDatabaseAway } from '@medforge/db'
import { Failure } from '../failure.ts'
import { askPoolFiles } from '../host/pool-health.ts'

/**
 * What a person can do about a database that is away, and about the pool below it; every other error as it is.
 *
 * Its client marks what broke a connection (`fatal`) and gives the server's refusals a `sqlState`. The same system errors without
 * either are of another connection.
 */
export async function explainDatabaseAway(
  error: unknown,
  askFiles: () => Promise<PoolFiles> = askPoolFiles,
): Promise<unknown> {
  if (!(error instanceof Error) || !isDatabaseAway(error)) return error
  const { fatal, sqlState, code } = error as { fatal?: boolean; sqlState?: string; code?: string }
  if (sqlState) {
    return new Failure(
      `The database cannot do this at the moment: ${error.message.replace(/\.$/, '')}.`,
      'Run ./medforge status and ./medforge logs db.',
      { cause: error },
    )
  }
  if (!fatal && !code?.startsWith('PROTOCOL_')) return error
  if ((await askFiles()) === 'silent') {
    return new Failure(
      `The database does not answer. ${POOL_FILES_SILENT}`,
      './medforge up heals that.',
      { cause: error },
    )
  }
  return new Failure(
    'The database does not answer.',
    'Run ./medforge status; ./medforge up starts it.',
    { cause: error },
  )
}
