import { newId } from '@medforge/core'
import { type DB, type SqlTime, toSqlTime } from '@medforge/db'
import {
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SqlBool,
  sql,
  type Transaction,
} from 'kysely'
import type { ScoringJob } from './job.ts'

/** A submission that this process may score until the lease runs out. */
export type Claim = {
  job: ScoringJob
  competitionId: string
  userId: string
  /** Names this one claim, so that a claim that was lost and taken again by the same process is another. */
  leaseOwner: string
  /** This one included. */
  attempt: number
  requestId: string
}

export type ClaimOptions = { worker: string; now: Date; leaseMs: number }

const ROW_COLUMNS = [
  'id',
  'competition_id',
  'user_id',
  'stored_name',
  'size_bytes',
  'sha256',
  'attempts',
  'request_id',
] as const

/**
 * Take the oldest queued submission that nobody else is taking at this moment and whose competition is not on hold. Where there is none,
 * as mostly, this is one plain read along an index: no lock, no transaction.
 */
export async function claimQueued(
  db: Kysely<DB>,
  { onHold = [], ...options }: ClaimOptions & { onHold?: readonly string[] },
): Promise<Claim | null> {
  const competitionId = await findNextCompetition(db, onHold, options)
  if (competitionId === undefined) return null
  return inShortTransaction(db, async (tx) => {
    const { rows } = await sql<QueuedRow>`
      SELECT ${sql.join(ROW_COLUMNS.map((column) => sql.ref(column)))}
      FROM submissions FORCE INDEX (submissions_waiting)
      WHERE score_status = 'queued' AND competition_id = ${competitionId} AND ${isDue(options)}
      ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    `.execute(tx)
    const [row] = rows
    return row ? take(tx, row, options) : null
  })
}

/** The competition of the oldest submission that may be claimed now; whatever waits for one on hold is passed over without being looked at. */
async function findNextCompetition(
  db: Kysely<DB>,
  onHold: readonly string[],
  times: Pick<ClaimOptions, 'now' | 'leaseMs'>,
): Promise<string | undefined> {
  const [index, others] =
    onHold.length === 0
      ? [sql`submissions_queue`, sql``]
      : [sql`submissions_waiting`, sql`AND competition_id NOT IN (${sql.join(onHold)})`]
  const { rows } = await sql<{ competition_id: string }>`
    SELECT competition_id FROM submissions FORCE INDEX (${index})
    WHERE score_status = 'queued' ${others} AND ${isDue(times)}
    ORDER BY created_at, id LIMIT 1
  `.execute(db)
  return rows[0]?.competition_id
}

/** Take over a submission whose worker let its lease run out: it died, or was cut off. */
export async function claimExpired(db: Kysely<DB>, options: ClaimOptions): Promise<Claim | null> {
  return inShortTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('submissions')
      .select(ROW_COLUMNS)
      .where('score_status', '=', 'scoring')
      .where(isDue(options))
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    return row ? take(tx, row, options) : null
  })
}

/**
 * Of a row of a queue: it waits for nothing, its time has come, or its time is so far off that only a clock which was set back since can
 * have made it. Nothing here is given more than twice a lease.
 */
export function isDue({
  now,
  leaseMs,
}: Pick<ClaimOptions, 'now' | 'leaseMs'>): RawBuilder<SqlBool> {
  return sql`(
    lease_expires_at IS NULL
    OR lease_expires_at <= ${toSqlTime(now)}
    OR lease_expires_at > ${expiry(now, 2 * leaseMs)}
  )`
}

/** Read committed, so that nothing but the row taken is locked: uploads go on. */
export function inShortTransaction<Result>(
  db: Kysely<DB>,
  work: (tx: Transaction<DB>) => Promise<Result>,
): Promise<Result> {
  return db.transaction().setIsolationLevel('read committed').execute(work)
}

type QueuedRow = Pick<Selectable<DB['submissions']>, (typeof ROW_COLUMNS)[number]>

async function take(
  tx: Transaction<DB>,
  row: QueuedRow,
  { worker, now, leaseMs }: ClaimOptions,
): Promise<Claim> {
  const leaseOwner = `${worker}/${newId()}`
  const attempt = row.attempts + 1
  await tx
    .updateTable('submissions')
    .set({
      score_status: 'scoring',
      lease_owner: leaseOwner,
      lease_expires_at: expiry(now, leaseMs),
      attempts: attempt,
    })
    .where('id', '=', row.id)
    .execute()
  const competition = await tx
    .selectFrom('competitions')
    .select([
      'slug',
      'bundle_version',
      'metric_version',
      'evaluation_split_version',
      'manifest_sha256',
    ])
    .where('id', '=', row.competition_id)
    .executeTakeFirstOrThrow()
  return {
    job: {
      submissionId: row.id,
      storedName: row.stored_name,
      sizeBytes: row.size_bytes,
      sha256: row.sha256.toString('hex'),
      competitionSlug: competition.slug,
      bundleVersion: competition.bundle_version,
      metricVersion: competition.metric_version,
      evaluationSplitVersion: competition.evaluation_split_version,
      manifestSha256: competition.manifest_sha256,
    },
    competitionId: row.competition_id,
    userId: row.user_id,
    leaseOwner,
    attempt,
    requestId: row.request_id,
  }
}

/** @returns false when the lease is no longer this claim's: whatever it computes will be thrown away */
export async function extendLease(
  db: Kysely<DB>,
  claim: Claim,
  now: Date,
  leaseMs: number,
): Promise<boolean> {
  const { numUpdatedRows } = await updateClaimed(db, claim)
    .set({ lease_expires_at: expiry(now, leaseMs) })
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * Put a submission back into the queue.
 *
 * @param release.reason  for the operator; null when there is none
 * @param release.countsAsAttempt  false when it was not tried in earnest
 */
export async function releaseClaim(
  db: Kysely<DB>,
  claim: Claim,
  release: { notBefore: Date | null; reason: string | null; countsAsAttempt: boolean },
): Promise<boolean> {
  const { numUpdatedRows } = await updateClaimed(db, claim)
    .set({
      score_status: 'queued',
      lease_owner: null,
      lease_expires_at: release.notBefore === null ? null : toSqlTime(release.notBefore),
      score_error_internal: release.reason,
      attempts: release.countsAsAttempt ? claim.attempt : claim.attempt - 1,
    })
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * Give a submission up, and its slot of the day back. One that has an official score from before counts as it did: it goes back to
 * `scored` and keeps its slot, and only the operator reads why it got no other.
 */
export async function failClaim(
  db: Kysely<DB>,
  claim: Claim,
  reasons: { forPerson: string; internal: string },
): Promise<boolean> {
  const ended = {
    score_error_internal: reasons.internal,
    lease_owner: null,
    lease_expires_at: null,
  }
  // Only who holds the claim publishes, so the official score cannot come between the two.
  const kept = await updateClaimed(db, claim)
    .set({ ...ended, score_status: 'scored', score_error: null })
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('submission_scores as score')
          .select('score.id')
          .whereRef('score.submission_id', '=', 'submissions.id')
          .where('score.official_active', '=', 1),
      ),
    )
    .executeTakeFirst()
  if (kept.numUpdatedRows > 0n) return true
  const { numUpdatedRows } = await updateClaimed(db, claim)
    .set({
      ...ended,
      score_status: 'failed',
      score_error: reasons.forPerson,
      counts_against_cap: false,
    })
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function updateClaimed(db: Kysely<DB>, { job, leaseOwner }: Claim) {
  return db
    .updateTable('submissions')
    .where('id', '=', job.submissionId)
    .where('score_status', '=', 'scoring')
    .where('lease_owner', '=', leaseOwner)
}

export function expiry(now: Date, leaseMs: number): SqlTime {
  return toSqlTime(new Date(now.getTime() + leaseMs))
}
