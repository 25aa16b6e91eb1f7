import type { GpuMode, PlatformStatus } from '@medforge/contracts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { readHealth } from './heartbeat.ts'

/** What anybody may know about the host, for `GET /status`. */
export async function readPlatformStatus(
  db: Kysely<DB>,
  clock: Clock,
  options: { gpuMode: GpuMode; recoveryEnabled: boolean },
): Promise<PlatformStatus> {
  const [health, gpus, { active }] = await Promise.all([
    readHealth(db, clock, options),
    db
      .selectFrom('gpu_devices as gpu')
      .leftJoin('sessions', (join) =>
        join.onRef('sessions.gpu_id', '=', 'gpu.id').on('sessions.gpu_active', '=', 1),
      )
      .select(['gpu.id', 'sessions.id as session_id'])
      .where('gpu.enabled', '=', true)
      .where('gpu.present', '=', true)
      .where('gpu.health', '=', 'healthy')
      .execute(),
    db
      .selectFrom('sessions')
      .select((query) => query.fn.countAll<number>().as('active'))
      .where('gpu_active', '=', 1)
      .executeTakeFirstOrThrow(),
  ])
  const free = gpus.filter((gpu) => gpu.session_id === null).length
  return {
    gpus: { total: gpus.length, free, mode: options.gpuMode },
    active_sessions: Number(active),
    health: health.status,
  }
}
