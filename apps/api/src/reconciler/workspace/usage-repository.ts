import type { StorageUsage } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

/** What everybody uses in all, in bytes, by the person's id. */
export async function listUsage(db: Kysely<DB>): Promise<Map<string, number>> {
  const rows = await db.selectFrom('storage_usage').select(['user_id', 'used_bytes']).execute()
  return new Map(rows.map(({ user_id, used_bytes }) => [user_id, used_bytes]))
}

export async function saveUsage(
  db: Kysely<DB>,
  userId: string,
  { usedBytes, snapshotsBytes }: StorageUsage,
  at: Date,
): Promise<void> {
  const usage = {
    used_bytes: usedBytes,
    snapshots_bytes: snapshotsBytes,
    measured_at: toSqlTime(at),
  }
  await db
    .insertInto('storage_usage')
    .values({ user_id: userId, ...usage })
    .onDuplicateKeyUpdate(usage)
    .execute()
}
