import { freeGpus, usableGpus } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'

export type Occupancy = { total: number; free: number; activeSessions: number }

/** How many GPUs could be handed out, how many of them are free, and how many sessions are active. One read. */
export async function readOccupancy(db: Kysely<DB>): Promise<Occupancy> {
  const row = await db
    .selectNoFrom((expression) => [
      usableGpus(db)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('total'),
      freeGpus(db)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('free'),
      expression
        .selectFrom('sessions')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('gpu_active', '=', 1)
        .as('active'),
    ])
    .executeTakeFirstOrThrow()
  return { total: Number(row.total), free: Number(row.free), activeSessions: Number(row.active) }
}
