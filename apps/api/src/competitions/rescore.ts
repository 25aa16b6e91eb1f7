import { RESCORE_MOVES_MAX, type Rescore } from '@medforge/contracts'
import {
  type RescoreProgress,
  type RescoreRun,
  type RescoreTarget,
  readBoardDifference,
  readProgress,
} from '@medforge/core'
import { type DB, inTransaction, recordAudit, toTimestamp } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import { DomainError } from '../http/domain-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { CompetitionFacts } from './catalogue-repository.ts'
import { findLastEnded, findOpenRun, insertRun, wantOfRun } from './rescore-repository.ts'
import { requireCompetition } from './service.ts'

export type RescoreDeps = { db: Kysely<DB>; clock: Clock }

export type RescoreRequest = { slug: string; actorUserId: string; requestId: string }

/** The re-score of a competition that is under way, and how the last one ended. */
export async function readRescore(db: Kysely<DB>, slug: string): Promise<Rescore> {
  const { id } = await requireCompetition(db, slug)
  const [run, last] = await Promise.all([findOpenRun(db, id), findLastEnded(db, id)])
  return {
    run: run ? await describeRun(db, run) : null,
    last:
      last?.ended_at && last.status !== 'open'
        ? { outcome: last.status, ended_at: toTimestamp(last.ended_at) }
        : null,
  }
}

async function describeRun(db: Kysely<DB>, run: RescoreRun): Promise<NonNullable<Rescore['run']>> {
  const progress = await readProgress(db, run)
  const { scored, invalid, failed, reason } = progress
  const isReady = isComplete(run, progress)
  return {
    wanted: run.wanted ?? 'command',
    created_at: toTimestamp(run.created_at),
    is_ready: isReady,
    waiting: progress.queued + progress.scoring,
    scored,
    invalid,
    failed,
    reason,
    difference: isReady ? await readDifference(db, run) : null,
  }
}

async function readDifference(db: Kysely<DB>, run: RescoreRun) {
  const difference = await readBoardDifference(db, run)
  return { ...difference, moves: difference.moves.slice(0, RESCORE_MOVES_MAX) }
}

function isComplete(run: RescoreRun, { queued, scoring }: RescoreProgress): boolean {
  return run.gathered_at !== null && queued + scoring === 0
}

/**
 * Ask the worker to score everything again beside the board, with the present scorer and holdout. One that is under way goes on.
 *
 * @throws DomainError `competition_not_found`, `rescore_not_ready` where the operator imports another holdout
 */
export async function startRescore(
  { db, clock }: RescoreDeps,
  { slug, actorUserId, requestId }: RescoreRequest,
): Promise<void> {
  const competition = await requireCompetition(db, slug)
  const at = clock.now()
  await inTransaction(db, async (tx) => {
    const open = await findOpenRun(tx, competition.id)
    if (open && !isTowards(open, targetOf(competition))) throw otherUnderWay(slug)
    if (open?.wanted === 'compare') return
    if (open) await want(tx, slug, open, { wanted: 'compare', wanted_by: actorUserId, note: null })
    else {
      const target = targetOf(competition)
      await insertRun(tx, { competitionId: competition.id, target, wantedBy: actorUserId, at })
    }
    await recordAudit(tx, {
      actorUserId,
      action: 'competition.rescore_start',
      subject: competition.id,
      detail: { slug },
      requestId,
      at,
    })
  })
}

/**
 * Ask the worker to put the new scores in the place of the board. What was accepted meanwhile is scored first.
 *
 * @throws DomainError `competition_not_found`, `rescore_not_ready`
 */
export async function switchRescore(
  { db, clock }: RescoreDeps,
  { slug, actorUserId, requestId, note }: RescoreRequest & { note: string | null },
): Promise<void> {
  const { id } = await requireCompetition(db, slug)
  await inTransaction(db, async (tx) => {
    const run = await requireRun(tx, slug, id)
    const progress = await readProgress(tx, run)
    if (!isComplete(run, progress)) throw notReady(`Submissions of ${slug} are still being scored.`)
    if (progress.failed > 0) {
      throw notReady(`${progress.failed} submissions of ${slug} could not be scored again.`)
    }
    await want(tx, slug, run, { wanted: 'switch', wanted_by: actorUserId, note })
    await recordAudit(tx, {
      actorUserId,
      action: 'competition.rescore_switch',
      subject: id,
      detail: { slug, ...(note === null ? {} : { note }) },
      requestId,
      at: clock.now(),
    })
  })
}

/**
 * Ask the worker to leave the board as it is and forget the run.
 *
 * @throws DomainError `competition_not_found`, `rescore_not_ready`
 */
export async function abandonRescoreOf(
  { db, clock }: RescoreDeps,
  { slug, actorUserId, requestId }: RescoreRequest,
): Promise<void> {
  const { id } = await requireCompetition(db, slug)
  await inTransaction(db, async (tx) => {
    const run = await requireRun(tx, slug, id)
    await want(tx, slug, run, { wanted: 'abandon', wanted_by: actorUserId, note: null })
    await recordAudit(tx, {
      actorUserId,
      action: 'competition.rescore_abandon',
      subject: id,
      detail: { slug },
      requestId,
      at: clock.now(),
    })
  })
}

async function requireRun(tx: Transaction<DB>, slug: string, competitionId: string) {
  const run = await findOpenRun(tx, competitionId)
  if (!run) throw notReady(`No re-score of ${slug} is under way.`)
  if (run.wanted === null) throw otherUnderWay(slug)
  return run
}

async function want(
  tx: Transaction<DB>,
  slug: string,
  run: RescoreRun,
  columns: Pick<RescoreRun, 'wanted' | 'wanted_by' | 'note'>,
): Promise<void> {
  if (!(await wantOfRun(tx, run.id, columns))) {
    throw notReady(`The re-score of ${slug} ended meanwhile.`)
  }
}

function targetOf(competition: CompetitionFacts): RescoreTarget {
  const { bundle_version, metric_version, evaluation_split_version, manifest_sha256 } = competition
  return { bundle_version, metric_version, evaluation_split_version, manifest_sha256 }
}

function isTowards(run: RescoreRun, target: RescoreTarget): boolean {
  return (Object.keys(target) as (keyof RescoreTarget)[]).every((key) => run[key] === target[key])
}

function otherUnderWay(slug: string): DomainError {
  return notReady(`The operator has a change of ${slug} in hand, on the host.`)
}

function notReady(detail: string): DomainError {
  return new DomainError('rescore_not_ready', { detail })
}
