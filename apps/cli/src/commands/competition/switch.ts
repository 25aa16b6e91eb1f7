import {
  abandonRescore,
  type BoardDifference,
  gatherSubmissions,
  openRescore,
  type RescoreProgress,
  type RescoreRun,
  type RescoreTarget,
  readBoardDifference,
  readProgress,
  switchBoard,
} from '@medforge/core'
import type { DB } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import type { Insertable, Kysely } from 'kysely'
import { Failure } from '../../failure.ts'
import { confirm } from '../../terminal/confirm.ts'
import { createProgress, type Progress } from '../../terminal/progress.ts'
import { describeDifference } from './report.ts'
import type { CompetitionRow } from './setting.ts'

export type SwitchOptions = {
  note?: string
  dryRun?: boolean
  yes?: boolean
  json?: boolean
  /** Submissions that cannot be scored leave the board. */
  leaveOut?: boolean
}

/** Of the column that holds it, in characters. */
const NOTE_MAX = 1000

export type SwitchRequest = {
  row: CompetitionRow
  target: RescoreTarget
  /** Columns of the competition's row that change with the board. */
  competition: Partial<Insertable<DB['competitions']>>
  /** For everybody, unless there is a `--note`. */
  notice: string
  action: 'competition.import' | 'competition.rescore'
  options: SwitchOptions
}

export type SwitchResult = {
  outcome: 'switched' | 'dry_run' | 'unchanged'
  difference: BoardDifference
}

/**
 * Before anything is computed for it.
 *
 * @throws Failure when the note is too long to be kept
 */
export function assertNote({ note }: SwitchOptions): void {
  const length = [...(note ?? '')].length
  if (length <= NOTE_MAX) return
  throw new Failure(
    `The note has ${length} characters, and ${NOTE_MAX} are kept; nothing was changed.`,
    'Shorten it.',
  )
}

/**
 * Score everything towards the target beside the board, show what would change, ask, and change it in one transaction.
 *
 * Stopped at any point, the board is the old one or the new one; the same command goes on where it was.
 */
export async function replaceBoard(db: Kysely<DB>, request: SwitchRequest): Promise<SwitchResult> {
  const { row, target, options } = request
  const progress = createProgress(process.stderr)
  const run = await openRescore(db, row.id, target, new Date())
  const difference = await scoreRun(db, run, progress, { isFirst: true, options })
  if (!options.json) process.stdout.write(describeDifference(difference))
  if (options.dryRun) {
    await abandonRescore(db, run, new Date())
    return { outcome: 'dry_run', difference }
  }
  if (isSameTarget(row, target) && (await isSameBoard(db, run))) {
    await abandonRescore(db, run, new Date())
    return { outcome: 'unchanged', difference }
  }
  await confirmChange(request)
  return {
    outcome: 'switched',
    difference: await changeBoard(db, run, request, difference, progress),
  }
}

function confirmChange({ row, options }: SwitchRequest): Promise<void> {
  const question = `The leaderboard of ${row.slug} changes as shown, for everybody at once.`
  return confirm(question, options.yes ?? false)
}

/** @returns the difference that was made, which is the last that was shown */
async function changeBoard(
  db: Kysely<DB>,
  run: RescoreRun,
  request: SwitchRequest,
  shown: BoardDifference,
  progress: Progress,
): Promise<BoardDifference> {
  const { row, competition, notice, action, options } = request
  const { evaluation_split_version, manifest_sha256 } = row
  for (let difference = shown; ; ) {
    const { entries_before, entries_after, moved, left_out } = difference
    const outcome = await switchBoard(db, run, {
      competition,
      notice: options.note ?? notice,
      at: new Date(),
      from: { evaluation_split_version, manifest_sha256 },
      leavesOutFailed: options.leaveOut ?? false,
      audit: {
        actorUserId: null,
        action,
        subject: row.id,
        detail: {
          slug: row.slug,
          from: evaluation_split_version,
          to: run.evaluation_split_version,
          entries_before,
          entries_after,
          moved,
          left_out,
        },
      },
    })
    if (outcome === 'switched') return difference
    if (outcome === 'conflict') {
      throw new Failure(
        `${row.slug} was changed by somebody else while this waited for an answer; nothing was changed here.`,
        'Run this again to see the difference as it is now.',
      )
    }
    // Somebody's submission got its score on the old board meanwhile, so what was shown is not what would change.
    difference = await scoreRun(db, run, progress, { isFirst: false, options })
    if (!options.json) process.stdout.write(describeDifference(difference))
    await confirmChange(request)
  }
}

/** Resolves once the worker has scored every submission of the run. */
async function scoreRun(
  db: Kysely<DB>,
  run: RescoreRun,
  progress: Progress,
  { isFirst, options }: { isFirst: boolean; options: SwitchOptions },
): Promise<BoardDifference> {
  progress.begin(isFirst ? 'Score everything again' : 'Score what came in meanwhile')
  await gatherSubmissions(db, run, { retryFailed: isFirst })
  for (;;) {
    const state = await readProgress(db, run)
    const left = state.queued + state.scoring
    if (left === 0) {
      await gatherSubmissions(db, run)
      const now = await readProgress(db, run)
      if (now.queued + now.scoring > 0) continue
      const failed = now.failed > 0 ? `, ${now.failed} that could not be scored` : ''
      progress.end(`${now.scored} scored, ${now.invalid} that do not fit${failed}`)
      assertComplete(now, options)
      return readBoardDifference(db, run)
    }
    const waits = state.reason === null ? '' : ` (${state.reason})`
    progress.detail(`${left} of ${left + state.scored + state.invalid} left${waits}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function assertComplete(
  { failed, reason, scorerVersions }: RescoreProgress,
  { leaveOut = false }: SwitchOptions,
): void {
  if (failed > 0 && !leaveOut) {
    throw new Failure(
      `${failed} submissions could not be scored (${reason ?? 'no reason given'}); the board was not changed.`,
      'Read ./medforge logs api-worker, and run this again: it tries just those. --leave-out goes on without them: they get no score, and their owners are told.',
    )
  }
  if (scorerVersions.some((version) => version !== SCORER_VERSION)) {
    throw new Failure(
      `The worker that runs computes ${scorerVersions.join(', ')}, these files ${SCORER_VERSION}; the board was not changed.`,
      'Run ./medforge up, and this again.',
    )
  }
}

function isSameTarget(row: CompetitionRow, target: RescoreTarget): boolean {
  return (Object.keys(target) as (keyof RescoreTarget)[]).every((key) => row[key] === target[key])
}

/** Whether every submission that counts would keep just the score that it has, and no other would get or lose one. */
export async function isSameBoard(db: Kysely<DB>, run: RescoreRun): Promise<boolean> {
  const leaving = await db
    .selectFrom('shadow_scores as shadow')
    .innerJoin('submission_scores as score', (join) =>
      join
        .onRef('score.submission_id', '=', 'shadow.submission_id')
        .on('score.official_active', '=', 1),
    )
    .select('shadow.submission_id')
    .where('shadow.run_id', '=', run.id)
    .where('shadow.state', 'in', ['invalid', 'failed'])
    .limit(1)
    .executeTakeFirst()
  if (leaving) return false
  const other = await db
    .selectFrom('shadow_scores as shadow')
    .leftJoin('submission_scores as score', (join) =>
      join
        .onRef('score.submission_id', '=', 'shadow.submission_id')
        .on('score.official_active', '=', 1)
        .on('score.evaluation_split_version', '=', run.evaluation_split_version)
        .on('score.manifest_sha256', '=', run.manifest_sha256)
        .onRef('score.primary_score', '=', 'shadow.primary_score')
        .onRef('score.score_components', '=', 'shadow.score_components')
        .onRef('score.scorer_version', '=', 'shadow.scorer_version'),
    )
    .select('shadow.submission_id')
    .where('shadow.run_id', '=', run.id)
    .where('shadow.state', '=', 'scored')
    .where('score.id', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return other === undefined
}
