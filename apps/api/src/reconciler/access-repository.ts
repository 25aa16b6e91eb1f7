import type { SessionStatus } from '@medforge/contracts'
import { type DB, inTransaction, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

/** A row of `session_accesses` whose login may not be in its session any more. */
export type EndedAccess = {
  id: number
  sessionId: string
  slug: string
  sessionStatus: SessionStatus
  client: string | null
  isMultiplexed: boolean
  seenMs: number
}

/** The last access over a client's connection, and the last one that had it to itself (HTTP/1.1); zero where there was none. */
export type LastUse = { id: number; exclusiveId: number }

/**
 * Accesses whose token counts no more (log-out, disabled account, age, idleness, a new password), whose person ceased to be an
 * administrator, or whose session is over. One pass over the table, which the sweep keeps small.
 */
export async function listEndedAccesses(
  db: Kysely<DB>,
  { nowMs, idleTtlMs }: { nowMs: number; idleTtlMs: number },
): Promise<EndedAccess[]> {
  const rows = await db
    .selectFrom('session_accesses')
    .innerJoin('sessions', 'sessions.id', 'session_accesses.session_id')
    .leftJoin('auth_sessions', (join) =>
      join
        .onRef('auth_sessions.token_hash', '=', 'session_accesses.token_hash')
        .on('auth_sessions.revoked_at', 'is', null)
        .on('auth_sessions.expires_at', '>', toSqlTime(new Date(nowMs)))
        .on('auth_sessions.last_seen_at', '>', toSqlTime(new Date(nowMs - idleTtlMs))),
    )
    .leftJoin('users', (join) =>
      join
        .onRef('users.id', '=', 'auth_sessions.user_id')
        .on('users.disabled_at', 'is', null)
        .on(({ eb, or, ref }) =>
          or([eb('users.id', '=', ref('sessions.user_id')), eb('users.role', '=', 'admin')]),
        ),
    )
    .select([
      'session_accesses.id',
      'session_accesses.session_id',
      'session_accesses.client',
      'session_accesses.is_multiplexed',
      'session_accesses.seen_at',
      'sessions.slug',
      'sessions.status',
    ])
    .where(({ eb, or }) =>
      or([eb('users.id', 'is', null), eb('sessions.status', 'in', ['stopped', 'error'])]),
    )
    .execute()
  return rows.map((row) => ({
    id: row.id,
    sessionId: row.session_id,
    slug: row.slug,
    sessionStatus: row.status,
    client: row.client,
    isMultiplexed: row.is_multiplexed,
    seenMs: sqlTimeToMs(row.seen_at),
  }))
}

/** By client, for those that are known. */
export async function listLastUses(
  db: Kysely<DB>,
  clients: readonly string[],
): Promise<Map<string, LastUse>> {
  if (clients.length === 0) return new Map()
  const rows = await db
    .selectFrom('session_accesses')
    .select(({ fn, eb }) => [
      'client_key',
      fn.max<number>('id').as('id'),
      fn
        .max<number | null>(eb.case().when('is_multiplexed', '=', false).then(eb.ref('id')).end())
        .as('exclusive_id'),
    ])
    .where('client_key', 'in', clients)
    .groupBy('client_key')
    .execute()
  return new Map(
    rows.map(({ client_key, id, exclusive_id }) => [
      client_key,
      { id, exclusiveId: exclusive_id ?? 0 },
    ]),
  )
}

/** Accesses by connections that are known, at most `limit`. */
export async function listKnownAccesses(
  db: Kysely<DB>,
  limit: number,
): Promise<{ id: number; client: string }[]> {
  const rows = await db
    .selectFrom('session_accesses')
    .select(['id', 'client_key as client'])
    .where('client', 'is not', null)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows
}

/** Whether there are more than `limit`. */
export async function areAccessesMany(db: Kysely<DB>, limit: number): Promise<boolean> {
  const row = await db
    .selectFrom('session_accesses')
    .select('id')
    .orderBy('id')
    .offset(limit)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** An access that was noted again since has another id, and stays. */
export async function deleteAccesses(db: Kysely<DB>, ids: readonly number[]): Promise<void> {
  for (let at = 0; at < ids.length; at += DELETED_AT_ONCE) {
    const some = ids.slice(at, at + DELETED_AT_ONCE)
    await inTransaction(db, (tx) =>
      tx.deleteFrom('session_accesses').where('id', 'in', some).execute(),
    )
  }
}

/** Of these sessions, whoever entered: accesses before that time which may have come through any connection. */
export async function deleteUnknownAccesses(
  db: Kysely<DB>,
  sessionIds: readonly string[],
  seenBeforeMs: number,
): Promise<void> {
  if (sessionIds.length === 0) return
  await inTransaction(db, (tx) =>
    tx
      .deleteFrom('session_accesses')
      .where('session_id', 'in', sessionIds)
      .where('client', 'is', null)
      .where('seen_at', '<', toSqlTime(new Date(seenBeforeMs)))
      .execute(),
  )
}

const DELETED_AT_ONCE = 1_000
