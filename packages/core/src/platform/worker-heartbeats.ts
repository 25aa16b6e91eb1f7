import { type DB, type SqlTime, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

const PREFIX = 'worker.'
const FORGET_MS = 3_600_000

/** Record that a worker runs, and forget those that have not done so for an hour. */
export async function writeWorkerHeartbeat(db: Kysely<DB>, name: string, at: Date): Promise<void> {
  const row = { value: '{}', updated_at: toSqlTime(at) }
  await db
    .insertInto('platform_state')
    .values({ name: PREFIX + name, ...row })
    .onDuplicateKeyUpdate(row)
    .execute()
  await db
    .deleteFrom('platform_state')
    .where('name', 'like', `${PREFIX}%`)
    .where('updated_at', '<', toSqlTime(new Date(at.getTime() - FORGET_MS)))
    .execute()
}

/** For a worker that ends. */
export async function removeWorkerHeartbeat(db: Kysely<DB>, name: string): Promise<void> {
  await db
    .deleteFrom('platform_state')
    .where('name', '=', PREFIX + name)
    .execute()
}

/** Those with a heartbeat within the hour, by name. */
export async function listWorkers(db: Kysely<DB>): Promise<{ name: string; seenAt: SqlTime }[]> {
  const rows = await db
    .selectFrom('platform_state')
    .select(['name', 'updated_at'])
    .where('name', 'like', `${PREFIX}%`)
    .orderBy('name')
    .execute()
  return rows.map(({ name, updated_at }) => ({
    name: name.slice(PREFIX.length),
    seenAt: updated_at,
  }))
}
