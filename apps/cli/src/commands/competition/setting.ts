import { type DB, PATIENT_QUERY_LIMIT_MS } from '@medforge/db'
import type { Kysely, Selectable } from 'kysely'
import { Failure } from '../../failure.ts'
import { requireRoot } from '../../host/prepare.ts'
import { acquireLock } from '../../lock.ts'
import { COMPETITION_LOCK_FILE } from '../../names.ts'
import { openSetting } from '../../operations/setting.ts'

export type CompetitionRow = Selectable<DB['competitions']>

/** The database with the operator's account and patience. Close it with `await using`. */
export function openDatabase(): Kysely<DB> {
  return openSetting({ queryLimitMs: PATIENT_QUERY_LIMIT_MS }).db
}

/** Two commands never change competitions at once. */
export function lockCompetitions(): Promise<AsyncDisposable> {
  requireRoot(process.getuid?.())
  return acquireLock(COMPETITION_LOCK_FILE)
}

export async function findRow(db: Kysely<DB>, slug: string): Promise<CompetitionRow | undefined> {
  return db.selectFrom('competitions').selectAll().where('slug', '=', slug).executeTakeFirst()
}

/** @throws Failure when there is no such competition */
export async function requireRow(db: Kysely<DB>, slug: string): Promise<CompetitionRow> {
  const row = await findRow(db, slug)
  if (row) return row
  throw new Failure(
    `There is no competition ${slug}.`,
    './medforge competition list shows every one.',
  )
}
