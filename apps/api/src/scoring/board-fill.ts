import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'
import {
  type Board,
  deleteReferenceScore,
  type Entry,
  findFirst,
  listBoardsToFill,
  listReferenceScores,
  listUncompared,
  listUnmeasured,
  saveComponents,
  saveReferenceScore,
  saveTie,
  saveUncertainty,
} from './board-fill-repository.ts'
import type { BoardComputer, BoardJob, BoardOutcome, ScoringTarget, StoredFile } from './job.ts'

export type BoardFillDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  computer: BoardComputer
  /** Resolves when nothing is being scored. */
  idle(): Promise<void>
}

const INTERVAL_MS = 15_000
const BACKOFF_MAX_MS = 60_000
// A difference of two scores varies by no more than both together; beyond four times that, no draw of the cases changes who is better.
const CLEAR_GAP = 4

/**
 * Compute what boards show beside the scores and lack: reference entries, uncertainties with secondary metrics, and who is tied with the
 * first. One thing at a time, and none is begun while something is being scored.
 *
 * All of it is a function of files and holdout, so several workers may do the same at once, and one that is killed has lost nothing.
 */
export async function fillBoards(deps: BoardFillDeps): Promise<void> {
  for (const board of await listBoardsToFill(deps.db)) {
    for (const fill of [fillReferences, fillUncertainties, fillTies]) {
      if (!(await fill(deps, board))) break
    }
  }
}

/** Until the signal aborts; then the computer is closed. */
export async function runBoardFill(deps: BoardFillDeps, signal: AbortSignal): Promise<void> {
  const loop = createLoop({
    intervalMs: INTERVAL_MS,
    backoffMaxMs: BACKOFF_MAX_MS,
    signal,
    runOnce: () => fillBoards(deps),
    onFailure: (error) => deps.logger.warn({ err: error }, 'leaderboard.fill_failed'),
  })
  // What is being computed is given up; it begins again from the files.
  signal.addEventListener('abort', () => void deps.computer.close(), { once: true })
  await loop.run()
  await deps.computer.close()
}

/** @returns false where this board has to wait: its holdout cannot be used, or the process ends */
type Fill = (deps: BoardFillDeps, board: Board) => Promise<boolean>

const fillReferences: Fill = async (deps, board) => {
  const { db, clock, logger } = deps
  const wanted: { name: string; source: string }[] = JSON.parse(board.reference_entries)
  const { id: competition_id, evaluation_split_version, metric_version } = board
  const { manifest_sha256, secondary_metrics } = board
  const known = await listReferenceScores(db, board)
  for (const score of known) {
    if (!wanted.some(({ name }) => name === score.name)) await deleteReferenceScore(db, score)
  }
  for (const [place, { name, source }] of wanted.entries()) {
    const facts = { name, source, place, metric_version, manifest_sha256, secondary_metrics }
    const isKnown = known.some((score) =>
      (Object.keys(facts) as (keyof typeof facts)[]).every((key) => score[key] === facts[key]),
    )
    if (isKnown) continue
    const outcome = await compute(deps, { ...targetOf(board), ask: 'reference', source })
    if (mustWait(outcome)) return false
    const measured = outcome.kind === 'measured' ? outcome : null
    if (!measured) {
      logger.warn(
        { competition: board.slug, name, reason: reasonOf(outcome) },
        'leaderboard.no_reference',
      )
    }
    await saveReferenceScore(db, {
      ...facts,
      competition_id,
      evaluation_split_version,
      primary_score: measured?.result.primary_score ?? null,
      score_components: JSON.stringify(measured?.result.score_components ?? {}),
      ...columnsOf(measured),
      computed_at: toSqlTime(clock.now()),
    })
  }
  return true
}

const fillUncertainties: Fill = async (deps, board) => {
  const { db, clock, logger } = deps
  for (;;) {
    const entries = await listUnmeasured(db, board, toSqlTime(startOfDay(clock.now())))
    for (const entry of entries) {
      const job: BoardJob = { ...targetOf(board), ask: 'uncertainty', file: fileOf(entry) }
      const outcome = await compute(deps, job)
      if (mustWait(outcome)) return false
      // Another score than the one that counts, of another version of the scorer: what was measured would not belong to it.
      const isSame =
        outcome.kind === 'measured' && outcome.result.primary_score === entry.primary_score
      const { score_id } = entry
      if (!isSame) {
        logger.warn(
          { competition: board.slug, score_id, reason: reasonOf(outcome) },
          'leaderboard.no_uncertainty',
        )
      } else {
        await saveComponents(db, score_id, JSON.stringify(outcome.result.score_components))
      }
      await saveUncertainty(db, {
        score_id,
        secondary_metrics: board.secondary_metrics,
        ...columnsOf(isSame ? outcome : null),
        computed_at: toSqlTime(clock.now()),
      })
    }
    if (entries.length === 0) return true
  }
}

/**
 * Compares what was scored before today in UTC alone: whatever somebody sends today, a board says nothing more about it before tomorrow.
 */
const fillTies: Fill = async (deps, board) => {
  const { db, clock, logger } = deps
  const today = toSqlTime(startOfDay(clock.now()))
  const first = await findFirst(db, board, today)
  if (!first) return true
  for (;;) {
    const entries = await listUncompared(db, board, first.score_id, today)
    for (const entry of entries) {
      const plain = compareByGap(first, entry)
      const outcome: BoardOutcome =
        plain === null
          ? await compute(deps, {
              ...targetOf(board),
              ask: 'tie',
              file: fileOf(entry),
              first: fileOf(first),
            })
          : { kind: 'compared', isTied: plain }
      if (mustWait(outcome)) return false
      const { score_id } = entry
      if (outcome.kind !== 'compared') {
        logger.warn(
          { competition: board.slug, score_id, reason: reasonOf(outcome) },
          'leaderboard.not_compared',
        )
      }
      await saveTie(db, score_id, {
        first_score_id: first.score_id,
        tied_with_first: outcome.kind === 'compared' ? outcome.isTied : null,
      })
    }
    if (entries.length === 0) return true
  }
}

/** Whether they are tied, where that takes no resampling; else null. */
function compareByGap(first: Entry, entry: Entry): boolean | null {
  if (first.score_id === entry.score_id) return true
  if (first.standard_error === null || entry.standard_error === null) return null
  const gap = Math.abs(first.primary_score - entry.primary_score)
  return gap > CLEAR_GAP * (first.standard_error + entry.standard_error) ? false : null
}

async function compute({ computer, idle }: BoardFillDeps, job: BoardJob): Promise<BoardOutcome> {
  await idle()
  return computer.compute(job)
}

function reasonOf(outcome: BoardOutcome): string {
  return 'reason' in outcome ? outcome.reason : 'It has another score now.'
}

function mustWait({ kind }: BoardOutcome): boolean {
  return kind === 'holdout_unavailable' || kind === 'interrupted'
}

function targetOf(board: Board): ScoringTarget {
  return {
    competitionSlug: board.slug,
    bundleVersion: board.bundle_version,
    metricVersion: board.metric_version,
    evaluationSplitVersion: board.evaluation_split_version,
    manifestSha256: board.manifest_sha256,
  }
}

function fileOf({ stored_name, size_bytes, sha256 }: Entry): StoredFile {
  return { storedName: stored_name, sizeBytes: size_bytes, sha256: sha256.toString('hex') }
}

function columnsOf(measured: Extract<BoardOutcome, { kind: 'measured' }> | null) {
  const uncertainty = measured?.uncertainty ?? null
  return {
    standard_error: uncertainty?.standard_error ?? null,
    interval_low: uncertainty?.interval.low ?? null,
    interval_high: uncertainty?.interval.high ?? null,
  }
}

/** In UTC. */
function startOfDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()))
}
