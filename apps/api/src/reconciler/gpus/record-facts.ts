import { GPU_FAILED } from '@medforge/core'
import { type DB, inTransaction, recordAudit } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { changedFacts, type GpuFacts, type GpuRow } from './inventory.ts'
import { type Holders, recordGpus, setHolderReason } from './repository.ts'

/** Write down what changed; a GPU that enters or leaves quarantine gets a log line and an audit row. */
export async function recordFacts(
  { db, clock, logger }: { db: Kysely<DB>; clock: Clock; logger: Logger },
  rows: readonly GpuRow[],
  facts: readonly GpuFacts[],
  holders: Holders,
): Promise<void> {
  const changed = changedFacts(rows, facts)
  if (changed.length === 0) return
  const at = clock.now()
  const quarantineChanges = changed.flatMap((fact) => {
    const before = rows.find(({ id }) => id === fact.id)?.quarantine ?? null
    return before === fact.quarantine ? [] : [{ before, fact }]
  })
  await inTransaction(db, async (tx) => {
    await recordGpus(tx, changed, at)
    for (const { before, fact } of quarantineChanges) {
      const { id, uuid, quarantine, health_reason } = fact
      await recordAudit(tx, {
        actorUserId: null,
        action: quarantine === null ? 'gpu.release' : 'gpu.quarantine',
        subject: String(id),
        detail: { by: 'reconciler', uuid, kind: quarantine ?? before, reason: health_reason },
        at,
      })
      // The session goes on; its owner sees the fault, and can stop it.
      if (quarantine === 'fault') await setHolderReason(tx, id, GPU_FAILED.text)
    }
  })
  logger.info({ changed: changed.length }, 'host.gpus.changed')
  for (const { before, fact } of quarantineChanges) {
    const { id: gpu_id, uuid, quarantine, health_reason } = fact
    const fields = { gpu_id, uuid, session_id: holders.get(gpu_id) ?? null }
    if (quarantine === null) logger.info({ ...fields, kind: before }, 'gpu.released')
    else logger.error({ ...fields, kind: quarantine, reason: health_reason }, 'gpu.quarantined')
  }
}
