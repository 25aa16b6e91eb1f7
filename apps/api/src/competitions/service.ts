import {
  type Bundle,
  type BundleCatalogue,
  BundleError,
  type BundleName,
} from '@medforge/competitions'
import type { OwnSubmission } from '@medforge/contracts'
import { type DB, inTransaction, recordAudit } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { type CompetitionFacts, findCompetition } from './catalogue-repository.ts'
import {
  competitionClosed,
  competitionNotFound,
  holdoutUnavailable,
  publicPartUnavailable,
  submissionNotFound,
} from './refusals.ts'
import { findSubmission, isScoreCurrent, lockScoreStatus, requeue } from './repository.ts'
import { SCORE_WAIT_SECONDS, type ScoreWatch } from './score-watch.ts'

/** @throws DomainError `competition_not_found` */
export async function requireCompetition(db: Kysely<DB>, slug: string): Promise<CompetitionFacts> {
  const competition = await findCompetition(db, slug)
  if (!competition) throw competitionNotFound(slug)
  return competition
}

/**
 * A competition that takes submissions, and the public part that its row names.
 *
 * @throws DomainError `competition_not_found`, `competition_closed`, `holdout_unavailable`
 */
export async function requireOpen(
  db: Kysely<DB>,
  bundles: BundleCatalogue,
  slug: string,
): Promise<{ competition: CompetitionFacts; bundle: Bundle }> {
  const competition = await requireCompetition(db, slug)
  const bundle = await findPublicPart(bundles, competition)
  if (!bundle) throw competitionNotFound(slug)
  if (competition.status !== 'active') throw competitionClosed(slug)
  return { competition, bundle }
}

/**
 * What a competition's row names of files.
 *
 * @returns null when nothing of its name comes with MedForge
 * @throws DomainError `holdout_unavailable` when what was imported is missing or damaged
 */
export async function findPublicPart(
  bundles: BundleCatalogue,
  competition: BundleName,
): Promise<Bundle | null> {
  try {
    return await bundles.find(competition)
  } catch (cause) {
    throw cause instanceof BundleError ? publicPartUnavailable(competition.slug, cause) : cause
  }
}

/** @throws DomainError `submission_not_found` */
export async function requireSubmission(db: Kysely<DB>, id: string): Promise<OwnSubmission> {
  const found = await findSubmission(db, id)
  if (!found) throw submissionNotFound(id)
  return found.submission
}

/**
 * Put a submission into the queue once more, unless its official score is what the worker would compute now (same scorer, metric,
 * split and manifest): then nothing changes. The official score stays on the board until another takes its place. Resolves when the
 * score is there, or after ten seconds.
 *
 * A submission that is being scored is left to its worker.
 * @throws DomainError `submission_not_found`, `holdout_unavailable`
 */
export async function scoreAgain(
  { db, clock, watch }: { db: Kysely<DB>; clock: Clock; watch: ScoreWatch },
  request: { submissionId: string; actorUserId: string; requestId: string },
): Promise<OwnSubmission> {
  const { submissionId, actorUserId, requestId } = request
  await inTransaction(db, async (tx) => {
    const status = await lockScoreStatus(tx, submissionId)
    if (status === undefined) throw submissionNotFound(submissionId)
    if (status === 'scoring') return
    if (status === 'scored' && (await isScoreCurrent(tx, submissionId))) return
    await requeue(tx, submissionId)
    await recordAudit(tx, {
      actorUserId,
      action: 'submission.score_again',
      subject: submissionId,
      detail: { from: status },
      requestId,
      at: clock.now(),
    })
  })
  await watch.settled(submissionId, SCORE_WAIT_SECONDS * 1000)
  const found = await findSubmission(db, submissionId)
  if (!found) throw submissionNotFound(submissionId)
  if (found.isBlocked) throw holdoutUnavailable(found.submission.competition_slug)
  return found.submission
}
