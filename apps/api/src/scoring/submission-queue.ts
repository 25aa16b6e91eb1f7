import { FAILED } from '@medforge/core'
import type { DB } from '@medforge/db'
import { type Kysely, sql } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import { noteFingerprint } from './probing.ts'
import { publishScore } from './publish.ts'
import type { Claim, QueueTable, ScoringQueue } from './queue.ts'
import { failSubmission } from './repository.ts'

const ORDER = sql`created_at, id`

/** Uploads, oldest first. */
export const SUBMISSIONS: QueueTable = {
  name: 'submissions',
  submission: 'id',
  status: 'score_status',
  reason: 'score_error_internal',
  group: 'competition_id',
  targets: 'competitions',
  nextGroup: {
    from: (isSkipping) =>
      isSkipping
        ? sql`submissions FORCE INDEX (submissions_waiting)`
        : sql`submissions FORCE INDEX (submissions_queue)`,
    order: ORDER,
  },
  nextRow: { from: sql`submissions FORCE INDEX (submissions_waiting)`, order: ORDER },
}

export function createSubmissionQueue(deps: {
  db: Kysely<DB>
  clock: Clock
  failpoint: Failpoint
}): ScoringQueue {
  const { db, clock, failpoint } = deps

  /** Before the score is there, so that a worker that dies does it again. What goes wrong here costs nobody a score. */
  async function noteProbing(claim: Claim, bytes: Uint8Array, log: Logger): Promise<void> {
    const { job, competitionId, userId } = claim
    const { submissionId } = job
    const fingerprint = Buffer.from(bytes)
    try {
      const file = { submissionId, competitionId, userId, fingerprint }
      await noteFingerprint(db, file, clock.now())
    } catch (error) {
      log.warn({ err: error }, 'submission.fingerprint_failed')
    }
  }

  return {
    table: SUBMISSIONS,
    idleMs: 0,
    async publish(claim, { result, fingerprint }, log) {
      if (fingerprint) await noteProbing(claim, fingerprint, log)
      const publication = await publishScore(db, claim, result, clock.now(), () =>
        failpoint('w4.written_uncommitted'),
      )
      await failpoint('w5.committed')
      log.info({ publication, primary_score: result.primary_score }, 'submission.scored')
      return publication
    },
    fail({ job: { submissionId }, leaseOwner }, why, reason) {
      const texts = { forPerson: FAILED[why], internal: reason }
      return failSubmission(db, { submissionId, leaseOwner }, texts)
    },
  }
}
