import type {
  AdminOverview,
  AdminVersions,
  AuditEvent,
  AuditQuery,
  SessionStatus,
} from '@medforge/contracts'
import { freeGpus, usableGpus } from '@medforge/core'
import {
  type DB,
  mapPage,
  type Page,
  type PageRequest,
  readPage,
  toSqlTime,
  toTimestamp,
} from '@medforge/db'
import { type Kysely, sql } from 'kysely'

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

export async function countSessions(db: Kysely<DB>): Promise<AdminOverview['sessions']> {
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

export async function readQueue(
  db: Kysely<DB>,
  { failedSince }: { failedSince: Date },
): Promise<AdminOverview['queue']> {
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
      .where('created_at', '>', toSqlTime(failedSince))
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

export async function countUsers(db: Kysely<DB>): Promise<AdminOverview['users']> {
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

export type AuditKey = { id: number }

/** Newest first. */
export async function listAuditEvents(
  db: Kysely<DB>,
  { action, subject, actor_user_id }: Pick<AuditQuery, 'action' | 'subject' | 'actor_user_id'>,
  page: PageRequest<AuditKey>,
): Promise<Page<AuditEvent, AuditKey>> {
  let query = db
    .selectFrom('audit_events as event')
    .leftJoin('users as actor', 'actor.id', 'event.actor_user_id')
    .selectAll('event')
    .select('actor.email as actor_email')
  if (action !== undefined) query = query.where('event.action', '=', action)
  if (subject !== undefined) query = query.where('event.subject', '=', subject)
  if (actor_user_id !== undefined) query = query.where('event.actor_user_id', '=', actor_user_id)
  return mapPage(await readPage(query, [['event.id', 'desc']], page), (row) => ({
    id: row.id,
    at: toTimestamp(row.at),
    actor_user_id: row.actor_user_id,
    actor_email: row.actor_email,
    action: row.action,
    subject: row.subject,
    detail: row.detail === null ? null : JSON.parse(row.detail),
    request_id: row.request_id,
  }))
}

/** The database's own version, and the newest migration that it has run. */
export async function readDatabaseVersions(
  db: Kysely<DB>,
): Promise<Pick<AdminVersions, 'database' | 'migration'>> {
  const { rows } = await sql<{ version: string; migration: string | null }>`
    SELECT VERSION() AS version, (SELECT MAX(name) FROM kysely_migration) AS migration
  `.execute(db)
  return { database: rows[0]?.version ?? '', migration: rows[0]?.migration ?? '' }
}

/** What each competition is scored with, by slug. */
export async function listCompetitionVersions(
  db: Kysely<DB>,
): Promise<AdminVersions['competitions']> {
  const rows = await db
    .selectFrom('competitions')
    .select([
      'slug',
      'metric_version',
      'evaluation_split_version',
      'manifest_sha256',
      'holdout_kind',
      'bundle_version',
    ])
    .orderBy('slug')
    .execute()
  return rows.map(({ bundle_version, ...row }) => ({
    ...row,
    is_imported: bundle_version !== null,
  }))
}
