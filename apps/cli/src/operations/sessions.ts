import {
  ACTIVE_SESSION_STATUSES,
  SESSION_SLUG_PATTERN,
  type SessionStatus,
} from '@medforge/contracts'
import { moveAccessEpoch, requestStop } from '@medforge/core'
import { type DB, inTransaction, recordAudit, toTimestamp } from '@medforge/db'
import type { Kysely } from 'kysely'
import { Failure } from '../failure.ts'

const SLUG = new RegExp(SESSION_SLUG_PATTERN)

/** A session as the operator's commands print it with `--json`. */
export type OperatorSession = {
  id: string
  slug: string
  status: SessionStatus
  status_reason: string | null
  error_message: string | null
  user_id: string
  user_email: string
  gpu_id: number
  container: string
  container_id: string | null
  workspace_zfs: string
  last_snapshot: string | null
  created_at: string
  started_at: string | null
  stopped_at: string | null
}

export type OperatorEvent = {
  at: string
  kind: 'transition' | 'step'
  from_status: SessionStatus | null
  to_status: SessionStatus | null
  step: string | null
  duration_ms: number | null
  reason: string | null
}

export function isActive({ status }: { status: SessionStatus }): boolean {
  return (ACTIVE_SESSION_STATUSES as readonly SessionStatus[]).includes(status)
}

/** Newest first; without `all` those that hold a GPU. */
export async function listSessions(
  db: Kysely<DB>,
  filter: { all: boolean; userId?: string },
): Promise<OperatorSession[]> {
  let query = selectSessions(db)
  if (!filter.all) query = query.where('sessions.gpu_active', '=', 1)
  if (filter.userId !== undefined) query = query.where('sessions.user_id', '=', filter.userId)
  const rows = await query
    .orderBy('sessions.created_at', 'desc')
    .orderBy('sessions.id', 'desc')
    .execute()
  return rows.map(toOperatorSession)
}

/**
 * One session by its id or its slug.
 *
 * @throws Failure when there is none
 */
export async function requireSession(db: Kysely<DB>, ref: string): Promise<OperatorSession> {
  const name = ref.trim().toLowerCase()
  const slug = name.replace(/^(mf-session-|s-)/, '')
  const isSlug = SLUG.test(slug)
  const row = await selectSessions(db)
    .where(isSlug ? 'sessions.slug' : 'sessions.id', '=', isSlug ? slug : name)
    .executeTakeFirst()
  if (row) return toOperatorSession(row)
  throw new Failure(
    `There is no session ${ref}.`,
    './medforge sessions list --all shows every one with its id and slug.',
  )
}

/** Everything that happened to a session, oldest first. */
export async function listSessionEvents(
  db: Kysely<DB>,
  sessionId: string,
): Promise<OperatorEvent[]> {
  const rows = await db
    .selectFrom('session_events')
    .select(['at', 'kind', 'from_status', 'to_status', 'step', 'duration_ms', 'reason'])
    .where('session_id', '=', sessionId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...row, at: toTimestamp(row.at) }))
}

/**
 * Ask for the end of a session as its owner could, with the operator's audit row in the same transaction.
 *
 * @returns whether this call asked; false where it is on its way or over
 */
export async function askToStop(
  db: Kysely<DB>,
  session: Pick<OperatorSession, 'id' | 'user_id'>,
  request: Parameters<typeof requestStop>[2],
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const isAsked = await requestStop(tx, session.id, request)
    if (!isAsked) return false
    const { at, requestId } = request
    const detail = { user_id: session.user_id }
    const what = { action: 'session.stop', subject: session.id, detail }
    await recordAudit(tx, { actorUserId: null, ...what, requestId, at })
    await moveAccessEpoch(tx, at)
    return true
  })
}

function selectSessions(db: Kysely<DB>) {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select('users.email as user_email')
}

type Row = Awaited<ReturnType<ReturnType<typeof selectSessions>['executeTakeFirstOrThrow']>>

function toOperatorSession(row: Row): OperatorSession {
  const timeOf = (time: string | null) => (time === null ? null : toTimestamp(time))
  return {
    id: row.id,
    slug: row.slug,
    status: row.status,
    status_reason: row.status_reason,
    error_message: row.error_message,
    user_id: row.user_id,
    user_email: row.user_email,
    gpu_id: row.gpu_id,
    container: `mf-session-${row.slug}`,
    container_id: row.container_id,
    workspace_zfs: row.workspace_zfs,
    last_snapshot: row.last_snapshot_name,
    created_at: toTimestamp(row.created_at),
    started_at: timeOf(row.started_at),
    stopped_at: timeOf(row.stopped_at),
  }
}
