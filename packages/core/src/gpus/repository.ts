import type { AdminGpu } from '@medforge/contracts'
import { type DB, toTimestamp } from '@medforge/db'
import type { Kysely, Selectable, Transaction, Updateable } from 'kysely'

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

export async function lockGpu(
  tx: Transaction<DB>,
  id: number,
): Promise<Selectable<DB['gpu_devices']> | undefined> {
  return tx
    .selectFrom('gpu_devices')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

export async function updateGpu(
  tx: Transaction<DB>,
  id: number,
  columns: Updateable<DB['gpu_devices']>,
): Promise<void> {
  await tx.updateTable('gpu_devices').set(columns).where('id', '=', id).execute()
}

/** Every GPU in the order of its id: what the operator wants, what was seen, and the active session that holds it. */
export async function listGpus(db: Kysely<DB>): Promise<AdminGpu[]> {
  const rows = await db
    .selectFrom('gpu_devices as gpu')
    .leftJoin('sessions as session', (join) =>
      join.onRef('session.gpu_id', '=', 'gpu.id').on('session.gpu_active', '=', 1),
    )
    .leftJoin('users as user', 'user.id', 'session.user_id')
    .selectAll('gpu')
    .select([
      'session.id as session_id',
      'session.slug',
      'session.status',
      'session.created_at',
      'user.id as user_id',
      'user.email',
      ({ selectFrom }) =>
        selectFrom('session_accesses as access')
          .select(({ fn }) => fn.max('access.seen_at').as('at'))
          .whereRef('access.session_id', '=', 'session.id')
          // Without one it was put down for safety, or nobody knows by whom.
          .where('access.client', 'is not', null)
          .as('last_entered_at'),
    ])
    .orderBy('gpu.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    is_enabled: row.enabled,
    disabled_reason: row.disabled_reason,
    is_present: row.present,
    uuid: row.uuid,
    model: row.model,
    health: row.health,
    health_reason: row.health_reason,
    quarantine: row.quarantine,
    quarantined_at: row.quarantined_at === null ? null : toTimestamp(row.quarantined_at),
    observed_at: row.observed_at === null ? null : toTimestamp(row.observed_at),
    session: holderOf(row),
  }))
}

function holderOf(row: {
  session_id: string | null
  slug: string | null
  status: NonNullable<AdminGpu['session']>['status'] | null
  created_at: string | null
  user_id: string | null
  email: string | null
  last_entered_at: string | null
}): AdminGpu['session'] {
  const { session_id: id, slug, status, created_at, user_id, email, last_entered_at } = row
  if (id === null || slug === null || status === null) return null
  if (created_at === null || user_id === null || email === null) return null
  return {
    id,
    slug,
    status,
    user_id,
    user_email: email,
    created_at: toTimestamp(created_at),
    last_entered_at: last_entered_at === null ? null : toTimestamp(last_entered_at),
  }
}
