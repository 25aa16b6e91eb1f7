import { newId } from '@medforge/core'
import { type DB, type SqlTime, toSqlTime } from '@medforge/db'
import { type Kysely, type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely'
import type { Logger } from '../lib/logger.ts'
import type { ScoringOutcome } from './job.ts'
import { type ClaimedFile, readClaimedFile } from './repository.ts'

/** A table whose rows wait to be scored, with the names of its columns that differ; `ScoringQueueColumns` are the same in each. */
export type QueueTable = {
  name: 'submissions' | 'shadow_scores'
  submission: 'id' | 'submission_id'
  status: 'score_status' | 'state'
  reason: 'score_error_internal' | 'reason'
  /** What is scored on one holdout: a competition, or a re-score. */
  group: 'competition_id' | 'run_id'
  /** Its rows name the holdout of each group. */
  targets: 'competitions' | 'rescore_runs'
  /** The table, along the index in which the next group comes first; `isSkipping`: along one that passes skipped groups over. */
  nextGroup: { from(isSkipping: boolean): RawBuilder<unknown>; order: RawBuilder<unknown> }
  /** The table, along the index in which the next row of a group comes first. */
  nextRow: { from: RawBuilder<unknown>; order: RawBuilder<unknown> }
}

/** A submission that this process may score until the lease runs out. */
export type Claim = ClaimedFile & {
  table: QueueTable
  groupId: string
  /** Names this one claim, so that a claim that was lost and taken again by the same process is another. */
  leaseOwner: string
  /** This one included. */
  attempt: number
}

/** A queue with what is done with the outcomes of its claims. Both end the claim, unless the lease was lost. */
export interface ScoringQueue {
  table: QueueTable
  /** How long a worker that found nothing in it leaves it alone. */
  idleMs: number
  publish(claim: Claim, outcome: Scored, log: Logger): Promise<Publication>
  /** `reason` is for the operator. */
  fail(claim: Claim, why: 'invalid' | 'fault', reason: string): Promise<void>
}

/**
 * `published`: this score, or an equal one from before, is the one that counts.
 * `lost`: the lease is another's now. `outdated`: the competition moved to another holdout meanwhile.
 */
export type Publication = 'published' | 'lost' | 'outdated'

type Scored = Extract<ScoringOutcome, { kind: 'scored' }>

export type ClaimOptions = {
  worker: string
  now: Date
  leaseMs: number
  /** Groups that are left alone. */
  skip?: readonly string[]
}

/**
 * Take the next row that is due and that nobody else is taking at this moment. Where there is none, as mostly, this is one plain read
 * along an index: no lock, no transaction.
 */
export function claimQueued(
  db: Kysely<DB>,
  table: QueueTable,
  options: ClaimOptions,
): Promise<Claim | null> {
  return claim(db, table, { ...options, status: 'queued' })
}

/** Take over a row whose worker let its lease run out: it died, or was cut off. */
export function claimExpired(
  db: Kysely<DB>,
  table: QueueTable,
  options: ClaimOptions,
): Promise<Claim | null> {
  return claim(db, table, { ...options, status: 'scoring' })
}

type Wanted = ClaimOptions & { status: 'queued' | 'scoring' }

async function claim(db: Kysely<DB>, table: QueueTable, wanted: Wanted): Promise<Claim | null> {
  const groupId = await findGroup(db, table, wanted)
  if (groupId === null) return null
  // Read committed, so that nothing but the row taken is locked: uploads go on.
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      const { rows } = await sql<{ submission_id: string; attempts: number }>`
        SELECT ${sql.ref(table.submission)} AS submission_id, attempts FROM ${table.nextRow.from}
        WHERE ${isClaimable(table, wanted)} AND ${sql.ref(table.group)} = ${groupId}
        ORDER BY ${table.nextRow.order} LIMIT 1 FOR UPDATE SKIP LOCKED
      `.execute(tx)
      const [row] = rows
      return row ? take(tx, table, { groupId, ...row }, wanted) : null
    })
}

/** The group of the first row that can be claimed; rows of groups to skip are not even read. */
async function findGroup(
  db: Kysely<DB>,
  table: QueueTable,
  { skip = [], ...wanted }: Wanted,
): Promise<string | null> {
  const group = sql.ref(table.group)
  const isSkipping = skip.length > 0
  const { rows } = await sql<{ group_id: string }>`
    SELECT ${group} AS group_id FROM ${table.nextGroup.from(isSkipping)}
    WHERE ${isClaimable(table, wanted)} ${isSkipping ? sql`AND ${group} NOT IN (${sql.join(skip)})` : sql``}
    ORDER BY ${table.nextGroup.order} LIMIT 1
  `.execute(db)
  return rows[0]?.group_id ?? null
}

/**
 * In this status and due: it has no time, its time has come, or its time is so far off that only a clock which was set back since can have
 * made it. Nothing is put off or leased for more than twice a lease.
 */
function isClaimable(
  table: QueueTable,
  { status, now, leaseMs }: Pick<Wanted, 'status' | 'now' | 'leaseMs'>,
): RawBuilder<SqlBool> {
  const time = sql.ref(status === 'queued' ? 'not_before' : 'lease_expires_at')
  return sql`${sql.ref(table.status)} = ${status} AND (
    ${time} IS NULL OR ${time} <= ${toSqlTime(now)} OR ${time} > ${after(now, 2 * leaseMs)}
  )`
}

async function take(
  tx: Transaction<DB>,
  table: QueueTable,
  row: { groupId: string; submission_id: string; attempts: number },
  { worker, now, leaseMs }: ClaimOptions,
): Promise<Claim> {
  const { groupId, submission_id: submissionId } = row
  const leaseOwner = `${worker}/${newId()}`
  const attempt = row.attempts + 1
  await sql`
    UPDATE ${sql.table(table.name)}
    SET ${sql.ref(table.status)} = 'scoring', attempts = ${attempt}, not_before = NULL,
      blocked_reason = NULL, lease_owner = ${leaseOwner}, lease_expires_at = ${after(now, leaseMs)}
    WHERE ${isRow(table, groupId, submissionId)}
  `.execute(tx)
  const file = await readClaimedFile(tx, table.targets, groupId, submissionId)
  return { ...file, table, groupId, leaseOwner, attempt }
}

/** @returns false when the lease is no longer this claim's: whatever it computes will be thrown away */
export function extendLease(
  db: Kysely<DB>,
  claim: Claim,
  now: Date,
  leaseMs: number,
): Promise<boolean> {
  return updateClaimed(db, claim, { lease_expires_at: after(now, leaseMs) })
}

export type Release = {
  /** At once unless given. */
  notBefore?: Date
  /** For the operator. */
  reason?: string
  isBlocked?: boolean
  countsAsAttempt?: boolean
}

/** Put a row back into its queue. @returns false when the lease was lost: then, as with every change of a claim, nothing is written */
export function releaseClaim(
  db: Kysely<DB>,
  claim: Claim,
  { notBefore, reason, isBlocked = false, countsAsAttempt = false }: Release = {},
): Promise<boolean> {
  return endClaim(db, claim, {
    [claim.table.status]: 'queued',
    [claim.table.reason]: reason ?? null,
    attempts: countsAsAttempt ? claim.attempt : claim.attempt - 1,
    not_before: notBefore ? toSqlTime(notBefore) : null,
    blocked_reason: isBlocked ? 'holdout_unavailable' : null,
  })
}

/** Write what became of a row, and end its lease. */
export function endClaim(
  db: Kysely<DB>,
  claim: Claim,
  change: Record<string, unknown>,
): Promise<boolean> {
  return updateClaimed(db, claim, { ...change, lease_owner: null, lease_expires_at: null })
}

async function updateClaimed(
  db: Kysely<DB>,
  { table, groupId, job, leaseOwner }: Claim,
  change: Record<string, unknown>,
): Promise<boolean> {
  const assignments = Object.entries(change).map(
    ([column, value]) => sql`${sql.ref(column)} = ${value}`,
  )
  const { numAffectedRows = 0n } = await sql`
    UPDATE ${sql.table(table.name)} SET ${sql.join(assignments)}
    WHERE ${isRow(table, groupId, job.submissionId)}
      AND ${sql.ref(table.status)} = 'scoring' AND lease_owner = ${leaseOwner}
  `.execute(db)
  return numAffectedRows > 0n
}

function isRow(table: QueueTable, groupId: string, submissionId: string): RawBuilder<SqlBool> {
  return sql`${sql.ref(table.group)} = ${groupId} AND ${sql.ref(table.submission)} = ${submissionId}`
}

function after(now: Date, ms: number): SqlTime {
  return toSqlTime(new Date(now.getTime() + ms))
}
