import { type DB, inTransaction, type SqlTime, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'

/**
 * Row of `platform_state`: which server writes `session_accesses`, and whether it closed them, with nothing left to write. Everything that
 * was opened before its `updated_at`, or before the newest row, is in the table.
 */
const WRITER = 'session-accesses'

// Longer than a transaction that ends a login takes to commit after it took the time.
const COMMIT_LIMIT_MS = 120_000

/** No login has this token. */
const NO_TOKEN = Buffer.alloc(32)

type Now = {
  at: Date
  /** After so long without a request a login has ended. */
  idleTtlMs: number
}

/** Whether the last server to write accesses has closed them: before another one opens them, nothing of its own may be lost. */
export async function areAccessesClosed(db: Kysely<DB>): Promise<boolean> {
  const row = await selectWriter(db).executeTakeFirst()
  return parseWriter(row).is_closed
}

/**
 * Begin to write accesses. What the server before left unwritten is put down as `assumeLostAccesses` does.
 *
 * @param writer  a name that no other process has
 */
export async function openAccesses(
  db: Kysely<DB>,
  writer: string,
  { at, idleTtlMs }: Now,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const before = await readWriter(tx)
    if (!before.isClosed) await assumeSince(tx, before.completeUntilMs, { at, idleTtlMs })
    await saveWriter(tx, { writer, is_closed: false }, at)
  })
}

/** Everything is written and nothing more will be granted. Does nothing when another server has opened them since. */
export async function closeAccesses(db: Kysely<DB>, writer: string, at: Date): Promise<void> {
  await inTransaction(db, async (tx) => {
    const known = await readWriter(tx)
    if (known.writer === writer) await saveWriter(tx, { writer, is_closed: true }, at)
  })
}

/**
 * Put down that every login which could enter a running session since accesses were last complete may have done so, by any connection:
 * when one of them ends, or has ended since, all connections of that session end.
 *
 * For when the server does not answer. May be repeated.
 *
 * @returns false, and nothing was put down, when the server has closed its accesses
 */
export async function assumeLostAccesses(db: Kysely<DB>, { at, idleTtlMs }: Now): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const { writer, isClosed, completeUntilMs } = await readWriter(tx)
    if (isClosed) return false
    await assumeSince(tx, completeUntilMs, { at, idleTtlMs })
    await saveWriter(tx, { writer, is_closed: false }, at)
    return true
  })
}

type Writer = { writer: string | null; is_closed: boolean }

function selectWriter(db: Kysely<DB>) {
  return db.selectFrom('platform_state').select(['value', 'updated_at']).where('name', '=', WRITER)
}

function parseWriter(row: { value: string } | undefined): Writer {
  return row ? JSON.parse(row.value) : { writer: null, is_closed: false }
}

async function readWriter(tx: Transaction<DB>) {
  const row = await selectWriter(tx).forUpdate().executeTakeFirst()
  const newest = await tx
    .selectFrom('session_accesses')
    .select(({ fn }) => fn.max<SqlTime | null>('seen_at').as('at'))
    .executeTakeFirst()
  const { writer, is_closed: isClosed } = parseWriter(row)
  const completeUntilMs = Math.max(
    ...[row?.updated_at, newest?.at].map((time) => (time ? sqlTimeToMs(time) : 0)),
  )
  return { writer, isClosed, completeUntilMs }
}

async function saveWriter(tx: Transaction<DB>, writer: Writer, at: Date): Promise<void> {
  const row = { value: JSON.stringify(writer), updated_at: toSqlTime(at) }
  await tx
    .insertInto('platform_state')
    .values({ name: WRITER, ...row })
    .onDuplicateKeyUpdate(row)
    .execute()
}

async function assumeSince(
  tx: Transaction<DB>,
  completeUntilMs: number,
  { at, idleTtlMs }: Now,
): Promise<void> {
  const sinceMs = Math.max(0, completeUntilMs - COMMIT_LIMIT_MS)
  const since = toSqlTime(new Date(sinceMs))
  const rows = await tx
    .selectFrom('sessions')
    .innerJoin('users', (join) =>
      join.on(({ eb, or, ref }) =>
        or([
          eb('users.id', '=', ref('sessions.user_id')),
          eb('users.role', '=', 'admin'),
          eb('users.demoted_at', '>=', since),
        ]),
      ),
    )
    .innerJoin('auth_sessions', 'auth_sessions.user_id', 'users.id')
    .select(['sessions.id', 'auth_sessions.token_hash', 'auth_sessions.token_replaced_at'])
    .where('sessions.gpu_active', '=', 1)
    .where('sessions.status', '!=', 'starting')
    .where(({ eb, or }) =>
      or([eb('auth_sessions.revoked_at', 'is', null), eb('auth_sessions.revoked_at', '>=', since)]),
    )
    .where('auth_sessions.expires_at', '>=', since)
    .where('auth_sessions.last_seen_at', '>=', toSqlTime(new Date(sinceMs - idleTtlMs)))
    .execute()
  const accesses = rows.flatMap(({ id, token_hash, token_replaced_at }) => {
    const wasReplaced = token_replaced_at !== null && token_replaced_at >= since
    const tokens = wasReplaced ? [token_hash, NO_TOKEN] : [token_hash]
    return tokens.map((token) => ({
      token_hash: token,
      session_id: id,
      client: null,
      is_multiplexed: true,
      seen_at: toSqlTime(at),
    }))
  })
  if (accesses.length === 0) return
  await tx.replaceInto('session_accesses').values(accesses).execute()
}
