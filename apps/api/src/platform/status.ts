import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'

export type Occupancy = { total: number; free: number; activeSessions: number }

/** How many GPUs could be handed out, how many of them are free, and how many sessions are active. One read. */
export async function readOccupancy(db: Kysely<DB>): Promise<Occupancy> {
  const usable = (query: Kysely<DB>) =>
    query
      .selectFrom('gpu_devices as gpu')
      .where('gpu.enabled', '=', true)
      .where('gpu.present', '=', true)
      .where('gpu.health', '=', 'healthy')
  const row = await db
    .selectNoFrom((expression) => [
      usable(db)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('total'),
      usable(db)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('sessions')
                .select('sessions.id')
                .whereRef('sessions.gpu_id', '=', 'gpu.id')
                .where('sessions.gpu_active', '=', 1),
            ),
          ),
        )
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
