import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import type { GpuFacts, GpuRow } from './inventory.ts'

export async function listGpuRows(db: Kysely<DB>): Promise<GpuRow[]> {
  return db.selectFrom('gpu_devices').selectAll().orderBy('id').execute()
}

/** Write down what was observed, changed slots only: a slot's lock is what a launch waits for. */
export async function recordGpus(
  tx: Transaction<DB>,
  changed: readonly GpuFacts[],
  at: Date,
): Promise<void> {
  if (changed.length === 0) return
  // Two devices may have changed places: no UUID may stand twice on the way.
  const ids = changed.map(({ id }) => id)
  await tx.updateTable('gpu_devices').set({ uuid: null }).where('id', 'in', ids).execute()
  for (const { id, ...fact } of changed) {
    const patch = { ...fact, observed_at: toSqlTime(at) }
    await tx.updateTable('gpu_devices').set(patch).where('id', '=', id).execute()
  }
}

/** Which session holds which GPU. */
export type Holders = ReadonlyMap<number, string>

export async function readHolders(db: Kysely<DB>): Promise<Holders> {
  const rows = await db
    .selectFrom('sessions')
    .select(['gpu_id', 'id'])
    .where('gpu_active', '=', 1)
    .execute()
  return new Map(rows.map(({ gpu_id, id }) => [gpu_id, id]))
}

/** How many sessions have ended on each GPU. */
export async function countEnded(db: Kysely<DB>): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('sessions')
    .select(({ fn }) => ['gpu_id', fn.countAll<number>().as('ended')])
    .where('gpu_active', 'is', null)
    .groupBy('gpu_id')
    .execute()
  return new Map(rows.map(({ gpu_id, ended }) => [gpu_id, Number(ended)]))
}

/** What the owner of the session on this GPU reads, if it runs. */
export async function setHolderReason(
  tx: Transaction<DB>,
  gpuId: number,
  reason: string,
): Promise<void> {
  await tx
    .updateTable('sessions')
    .set(({ eb }) => ({ status_reason: reason, version: eb('version', '+', 1) }))
    .where('gpu_id', '=', gpuId)
    .where('gpu_active', '=', 1)
    .where('status', '=', 'running')
    .execute()
}
