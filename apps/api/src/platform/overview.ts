import type { AdminOverview, GpuMode, Health, SessionStatus } from '@medforge/contracts'
import { listWorkers } from '@medforge/core'
import { type DB, sqlTimeToMs, toSqlTime, toTimestamp } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { readOccupancy } from './status.ts'

export type OverviewDeps = {
  db: Kysely<DB>
  clock: Clock
  gpuMode: GpuMode
  readHealth(): Promise<Health>
}

const DAY_MS = 86_400_000
const ALIVE_MS = 30_000

/** Counts by indexes, all asked at once; the figures are of the same moment but for milliseconds. */
export async function readOverview(deps: OverviewDeps): Promise<AdminOverview> {
  const { db, clock, gpuMode } = deps
  const now = clock.now()
  const [health, occupancy, sessions, queue, workers, users] = await Promise.all([
    deps.readHealth(),
    readOccupancy(db),
    countSessions(db),
    readQueue(db, now),
    listWorkers(db),
    countUsers(db),
  ])
  return {
    health,
    gpus: { mode: gpuMode, total: occupancy.total, free: occupancy.free },
    sessions,
    queue,
    workers: workers.map(({ name, seenAt }) => ({
      name,
      last_seen_at: toTimestamp(seenAt),
      is_alive: now.getTime() - sqlTimeToMs(seenAt) < ALIVE_MS,
    })),
    users,
  }
}

async function countSessions(db: Kysely<DB>): Promise<AdminOverview['sessions']> {
  const rows = await db
    .selectFrom('sessions')
    .select(['status', ({ fn }) => fn.countAll<number>().as('count')])
    .where('gpu_active', '=', 1)
    .groupBy('status')
    .execute()
  const of = (status: SessionStatus) =>
    Number(rows.find((row) => row.status === status)?.count ?? 0)
  return { starting: of('starting'), running: of('running'), stopping: of('stopping') }
}

async function readQueue(db: Kysely<DB>, now: Date): Promise<AdminOverview['queue']> {
  const [rows, failed] = await Promise.all([
    db
      .selectFrom('submissions')
      .select([
        'score_status',
        ({ fn }) => fn.countAll<number>().as('count'),
        ({ fn }) => fn.min('created_at').as('oldest'),
      ])
      .where('score_status', 'in', ['queued', 'scoring'])
      .groupBy('score_status')
      .execute(),
    db
      .selectFrom('submissions')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('score_status', '=', 'failed')
      .where('created_at', '>', toSqlTime(new Date(now.getTime() - DAY_MS)))
      .executeTakeFirstOrThrow(),
  ])
  const countOf = (status: string) =>
    Number(rows.find((row) => row.score_status === status)?.count ?? 0)
  const oldest = rows.map((row) => row.oldest).toSorted()[0]
  return {
    queued: countOf('queued'),
    scoring: countOf('scoring'),
    oldest_created_at: oldest === undefined ? null : toTimestamp(oldest),
    failed_last_day: Number(failed.count),
  }
}

async function countUsers(db: Kysely<DB>): Promise<AdminOverview['users']> {
  const counts = await db
    .selectFrom('users')
    .select([
      ({ fn }) => fn.countAll<number>().as('total'),
      sql<number>`COALESCE(SUM(role = 'admin' AND disabled_at IS NULL), 0)`.as('admins'),
      sql<number>`COALESCE(SUM(disabled_at IS NOT NULL), 0)`.as('disabled'),
    ])
    .executeTakeFirstOrThrow()
  return {
    total: Number(counts.total),
    admins: Number(counts.admins),
    disabled: Number(counts.disabled),
  }
}
