import { type DB, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'

const HEARTBEAT = 'reconciler'

/**
 * What the reconciler knows of its host. `able`: a session can be started now. `operator_reasons`: those that only the operator can end;
 * absent where there is none. `boot_id`: names the process. `pool_bytes`: what the pool can hold; absent while it is not known.
 */
export type HostReport = {
  able: boolean
  reasons: string[]
  operator_reasons?: string[]
  boot_id: string
  pool_bytes?: number
}

// Three missed beats of the usual 5 s; a shorter interval beats as often.
export const HEARTBEAT_INTERVAL_MS = 5_000
const STALE_AFTER_MS = 15_000

/** Note that the reconciler is alive, and what it can do. */
export async function writeHeartbeat(db: Kysely<DB>, clock: { now(): Date }, report: HostReport) {
  const beat = { value: JSON.stringify(report), updated_at: toSqlTime(clock.now()) }
  await db
    .insertInto('platform_state')
    .values({ name: HEARTBEAT, ...beat })
    .onDuplicateKeyUpdate(beat)
    .execute()
}

/** Whether sessions can be started now, everything that is not as it should be, and what the pool can hold, where that is known. */
export type ReconcilerState = {
  able: boolean
  reasons: string[]
  operatorReasons?: string[]
  poolBytes?: number
}

/** The state of the last heartbeat, or that there is none. One read of a primary key. */
export async function readReconcilerState(
  db: Kysely<DB>,
  clock: { now(): Date },
): Promise<ReconcilerState> {
  const row = await db
    .selectFrom('platform_state')
    .select(['value', 'updated_at'])
    .where('name', '=', HEARTBEAT)
    .executeTakeFirst()
  if (!row) return { able: false, reasons: ['The reconciler has not started yet.'] }
  const { able, reasons, operator_reasons, pool_bytes } = JSON.parse(row.value) as HostReport
  const pool = pool_bytes === undefined ? {} : { poolBytes: pool_bytes }
  const ageMs = clock.now().getTime() - sqlTimeToMs(row.updated_at)
  // One that lies ahead is as old as unknown: the clock was put back since.
  if (Math.abs(ageMs) > STALE_AFTER_MS)
    return { able: false, reasons: ['The reconciler does not answer.'], ...pool }
  const operators = operator_reasons === undefined ? {} : { operatorReasons: operator_reasons }
  return { able, reasons, ...operators, ...pool }
}
