import type { SubmissionAllowance } from '@medforge/contracts'
import { lockUser } from '@medforge/core'
import { type DB, inTransaction, toSqlDay, toSqlTime } from '@medforge/db'
import type { Insertable, Kysely, Transaction } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { allowanceAt } from './daily-cap.ts'
import { accountDisabled, capReached, competitionClosed, idempotencyKeyReused } from './refusals.ts'
import {
  countToday,
  findByIdempotencyKey,
  findSubmissionRules,
  freeIdempotencyKey,
  insertSubmission,
} from './repository.ts'
import type { KeptFile } from './submission-store.ts'

const DAY_MS = 86_400_000

export type NewSubmission = {
  id: string
  competitionId: string
  userId: string
  filename: string
  note: string | null
  file: KeptFile
  idempotencyKey: string | null
  requestId: string
}

export type Acceptance = {
  submissionId: string
  /** The same file under the same `Idempotency-Key` had been accepted before: this one was not. */
  isReplay: boolean
  allowance: SubmissionAllowance
}

/**
 * Take a submission in, if the day's cap allows it: counted and inserted in one transaction that holds the person's row, so that any
 * number of uploads at once, in any number of processes, are accepted exactly up to the cap.
 *
 * @throws DomainError `authentication_failed`, `submission_cap_reached`, `competition_closed`, or 422 for a key that was used for another file
 */
export async function acceptSubmission(
  db: Kysely<DB>,
  clock: Clock,
  submission: NewSubmission,
): Promise<Acceptance> {
  return inTransaction(db, async (tx) => {
    // First of all statements: the snapshot of what follows is taken after the lock is held.
    const user = await lockUser(tx, submission.userId)
    // Disabled while the file was on its way.
    if (user.disabled_at !== null) throw accountDisabled()
    // Read inside the lock: two uploads around midnight are counted in the order in which they are accepted.
    const now = clock.now()
    const competition = await findSubmissionRules(tx, submission.competitionId)
    const used = await countToday(tx, submission, now)
    const allowance = allowanceAt(now, competition.submission_cap_per_day, used)
    const earlier = await findEarlier(tx, submission, now)
    if (earlier) {
      if (!earlier.sha256.equals(submission.file.sha256)) throw idempotencyKeyReused()
      return { submissionId: earlier.id, isReplay: true, allowance }
    }
    if (competition.status !== 'active') throw competitionClosed(competition.slug)
    const { remaining_today } = allowance
    if (remaining_today === 0) throw capReached(allowance, now)
    await insertSubmission(tx, rowOf(submission, now))
    const left = { ...allowance, remaining_today: remaining_today - 1 }
    return { submissionId: submission.id, isReplay: false, allowance: left }
  })
}

/** The submission that used this key in the last 24 hours. An older use is forgotten, which frees the key. */
async function findEarlier(tx: Transaction<DB>, submission: NewSubmission, now: Date) {
  const { idempotencyKey } = submission
  if (idempotencyKey === null) return null
  const earlier = await findByIdempotencyKey(tx, submission, idempotencyKey)
  if (!earlier) return null
  if (earlier.created_at > toSqlTime(new Date(now.getTime() - DAY_MS))) return earlier
  await freeIdempotencyKey(tx, earlier.id)
  return null
}

function rowOf(submission: NewSubmission, now: Date): Insertable<DB['submissions']> {
  const { storedName, sha256, sizeBytes } = submission.file
  return {
    id: submission.id,
    competition_id: submission.competitionId,
    user_id: submission.userId,
    filename: submission.filename,
    note: submission.note,
    stored_name: storedName,
    sha256,
    size_bytes: sizeBytes,
    utc_day: toSqlDay(now),
    idempotency_key: submission.idempotencyKey,
    request_id: submission.requestId,
    created_at: toSqlTime(now),
  }
}
