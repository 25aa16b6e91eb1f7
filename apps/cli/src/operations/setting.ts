import { createDatabase, type DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { readEnvironment } from '../config/env.ts'
import { requireRoot } from '../host/prepare.ts'
import type { EnvValues } from '../stack/env-file.ts'
import { locateInstallation, readSettings } from '../stack/installation.ts'
import { requireSetting } from '../stack/settings.ts'

/** What the operator's commands work on: the installation's settings and its database, with the operator's own account. */
export type Setting = AsyncDisposable & { settings: EnvValues; db: Kysely<DB> }

/**
 * Close it with `await using`.
 *
 * @param limits  `queryLimitMs` for a command whose statements may take longer than a server's
 * @throws Failure for somebody who is not root, and where nothing is set up
 */
export function openSetting(limits: { queryLimitMs?: number } = {}): Setting {
  requireRoot(process.getuid?.())
  const settings = readSettings(locateInstallation(readEnvironment()))
  const db = createDatabase(settings.DATABASE_URL ?? '', { poolSize: 2, ...limits })
  return { settings, db, [Symbol.asyncDispose]: () => db.destroy() }
}

/** How long the two passing statuses of a session may last here. */
export function readLimits(settings: EnvValues): { startTimeoutMs: number; stopTimeoutMs: number } {
  const secondsOf = (phase: 'START' | 'STOP') =>
    requireSetting(`SESSION_CONTAINER_${phase}_TIMEOUT_SECONDS`, settings, 'deploy/compose/.env')
  return { startTimeoutMs: secondsOf('START') * 1000, stopTimeoutMs: secondsOf('STOP') * 1000 }
}
