import { newId } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import { SCORER_VERSION, type ScoreResult } from '@medforge/scoring'
import type { Kysely, Updateable } from 'kysely'
import type { ScoringJob } from './job.ts'
import { type ClaimOptions, expiry, inShortTransaction, isDue } from './queue.ts'

/** One submission of a re-score that this process may score until the lease runs out. */
export type ShadowClaim = {
  job: ScoringJob
  runId: string
  leaseOwner: string
  /** This one included. */
  attempt: number
}

/** Take something of a re-score that is open and not on hold: what is queued and due, or what a worker left when it died. */
export async function claimShadow(
  db: Kysely<DB>,
  { worker, now, leaseMs, onHold }: ClaimOptions & { onHold: readonly string[] },
): Promise<ShadowClaim | null> {
  const open = await db
    .selectFrom('rescore_runs')
    .innerJoin('competitions', 'competitions.id', 'rescore_runs.competition_id')
    .select([
      'rescore_runs.id',
      'competitions.slug',
      'rescore_runs.bundle_version',
      'rescore_runs.metric_version',
      'rescore_runs.evaluation_split_version',
      'rescore_runs.manifest_sha256',
    ])
    .where('rescore_runs.status', '=', 'open')
    .orderBy('rescore_runs.created_at')
    .execute()
  for (const run of open) {
    if (onHold.includes(run.id)) continue
    const taken = await inShortTransaction(db, async (tx) => {
      const item = await tx
        .selectFrom('shadow_scores')
        .select(['submission_id', 'attempts'])
        .where('run_id', '=', run.id)
        .where('state', 'in', ['queued', 'scoring'])
        .where(isDue({ now, leaseMs }))
        .limit(1)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst()
      if (!item) return null
      const lease = { leaseOwner: `${worker}/${newId()}`, attempt: item.attempts + 1 }
      await tx
        .updateTable('shadow_scores')
        .set({
          state: 'scoring',
          attempts: lease.attempt,
          lease_owner: lease.leaseOwner,
          lease_expires_at: expiry(now, leaseMs),
        })
        .where('run_id', '=', run.id)
        .where('submission_id', '=', item.submission_id)
        .execute()
      return { ...lease, submissionId: item.submission_id }
    })
    if (!taken) continue
    const { submissionId, ...lease } = taken
    const file = await db
      .selectFrom('submissions')
      .select(['stored_name', 'size_bytes', 'sha256'])
      .where('id', '=', submissionId)
      .executeTakeFirstOrThrow()
    return {
      ...lease,
      runId: run.id,
      job: {
        submissionId,
        storedName: file.stored_name,
        sizeBytes: file.size_bytes,
        sha256: file.sha256.toString('hex'),
        competitionSlug: run.slug,
        bundleVersion: run.bundle_version,
        metricVersion: run.metric_version,
        evaluationSplitVersion: run.evaluation_split_version,
        manifestSha256: run.manifest_sha256,
      },
    }
  }
  return null
}

/** @returns false when the lease was lost or the run is gone: then nothing is written */
export async function recordShadowScore(
  db: Kysely<DB>,
  claim: ShadowClaim,
  { primary_score, score_components }: ScoreResult,
  now: Date,
): Promise<boolean> {
  return updateClaimed(db, claim, {
    state: 'scored',
    score_id: newId(),
    primary_score,
    score_components: JSON.stringify(score_components),
    scorer_version: SCORER_VERSION,
    reason: null,
    scored_at: toSqlTime(now),
    lease_expires_at: null,
  })
}

/** The submission gets no score in this run: its file does not fit, or scoring it came to nothing. */
export async function recordShadowFailure(
  db: Kysely<DB>,
  claim: ShadowClaim,
  state: 'invalid' | 'failed',
  reason: string,
): Promise<boolean> {
  return updateClaimed(db, claim, { state, reason, lease_expires_at: null })
}

export async function releaseShadow(
  db: Kysely<DB>,
  claim: ShadowClaim,
  release: { notBefore: Date | null; reason: string | null; countsAsAttempt: boolean },
): Promise<boolean> {
  return updateClaimed(db, claim, {
    state: 'queued',
    attempts: release.countsAsAttempt ? claim.attempt : claim.attempt - 1,
    reason: release.reason,
    lease_expires_at: release.notBefore === null ? null : toSqlTime(release.notBefore),
  })
}

async function updateClaimed(
  db: Kysely<DB>,
  { runId, job, leaseOwner }: ShadowClaim,
  change: Updateable<DB['shadow_scores']>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('shadow_scores')
    .set({ ...change, lease_owner: null })
    .where('run_id', '=', runId)
    .where('submission_id', '=', job.submissionId)
    .where('state', '=', 'scoring')
    .where('lease_owner', '=', leaseOwner)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
