import type { AdminGpu } from '@medforge/contracts'
import { type GpuRequest, listGpus, setGpuEnabled } from '@medforge/core'
import { type DB, inTransaction } from '@medforge/db'
import type { Kysely } from 'kysely'
import { DomainError } from '../http/domain-error.ts'
import type { Clock } from '../lib/clock.ts'

/** The GPUs of this host, for administrators. */
export interface GpuService {
  list(): Promise<AdminGpu[]>
  /**
   * Offer a GPU to sessions, or no longer.
   *
   * @throws DomainError `not_found`
   */
  setEnabled(
    id: number,
    request: GpuRequest,
    by: { actorUserId: string; requestId: string },
  ): Promise<AdminGpu>
}

export function createGpuService({ db, clock }: { db: Kysely<DB>; clock: Clock }): GpuService {
  return {
    list: () => listGpus(db),
    async setEnabled(id, request, by) {
      const at = clock.now()
      await inTransaction(db, (tx) => setGpuEnabled(tx, id, request, { ...by, at }))
      const gpu = (await listGpus(db)).find((each) => each.id === id)
      if (!gpu) throw new DomainError('not_found', { detail: `There is no GPU ${id}.` })
      return gpu
    },
  }
}
