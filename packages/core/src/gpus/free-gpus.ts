import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'

/** GPUs that may be handed out at all: enabled by the operator, present and healthy. */
export function usableGpus(db: Kysely<DB>) {
  return db
    .selectFrom('gpu_devices as gpu')
    .where('gpu.enabled', '=', true)
    .where('gpu.present', '=', true)
    .where('gpu.health', '=', 'healthy')
}

/** The usable GPUs that no active session holds. */
export function freeGpus(db: Kysely<DB>) {
  return usableGpus(db).where(({ not, exists, selectFrom }) =>
    not(
      exists(
        selectFrom('sessions')
          .select('sessions.id')
          .whereRef('sessions.gpu_id', '=', 'gpu.id')
          .where('sessions.gpu_active', '=', 1),
      ),
    ),
  )
}
