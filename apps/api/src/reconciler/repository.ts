import type { SessionRow, UserRow } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

/** A session with what its container needs to know from other tables. */
export type SessionWorkRow = SessionRow &
  Pick<UserRow, 'cpu_limit' | 'memory_limit_bytes' | 'shm_limit_bytes'> & {
    gpu_uuid: string | null
    image: string
  }

/** The session with what its container needs. */
export async function findForWork(db: Kysely<DB>, id: string): Promise<SessionWorkRow | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('packs', 'packs.id', 'sessions.pack_id')
    .innerJoin('gpu_devices', 'gpu_devices.id', 'sessions.gpu_id')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select([
      'packs.image_ref',
      'packs.image_digest',
      'gpu_devices.uuid as gpu_uuid',
      'users.cpu_limit',
      'users.memory_limit_bytes',
      'users.shm_limit_bytes',
    ])
    .where('sessions.id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { image_ref, image_digest, ...session } = row
  return { ...session, image: `${image_ref}@${image_digest}` }
}

/**
 * Write down that a session has to be reconciled again, and not before `nextAttemptAt`. Only the reconciler writes these columns, so the
 * version is not compared; a row whose status changed meanwhile keeps what the transition gave it.
 */
export async function recordRetry(
  db: Kysely<DB>,
  row: Pick<SessionRow, 'id' | 'status'>,
  retry: { attempts: number; nextAttemptAt: Date; statusReason: string | null },
): Promise<void> {
  await db
    .updateTable('sessions')
    .set((set) => ({
      attempts: retry.attempts,
      next_attempt_at: toSqlTime(retry.nextAttemptAt),
      version: set('version', '+', 1),
      ...(retry.statusReason === null ? {} : { status_reason: retry.statusReason }),
    }))
    .where('id', '=', row.id)
    .where('status', '=', row.status)
    .execute()
}

/** Those of these workspaces whose session has ended, the earliest first; one that no session is of is not among them. */
export async function listEndedWorkspaces(
  db: Kysely<DB>,
  datasets: readonly string[],
): Promise<string[]> {
  // The last part of a workspace's name is its session's id, which has an index.
  const ids = datasets.map((dataset) => dataset.slice(dataset.lastIndexOf('/') + 1))
  const rows = await db
    .selectFrom('sessions')
    .select('workspace_zfs')
    .where('id', 'in', ids)
    .where('workspace_zfs', 'in', datasets)
    .where('gpu_active', 'is', null)
    .orderBy('stopped_at')
    .execute()
  return rows.map(({ workspace_zfs }) => workspace_zfs)
}
