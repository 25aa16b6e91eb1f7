import type { DB } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import type { Insertable, Kysely } from 'kysely'
import {
  type BoardDifference,
  readBoardDifference,
} from '../../../../api/src/scoring/board-difference.ts'
import {
  abandonRescore,
  gatherSubmissions,
  openRescore,
  type RescoreProgress,
  type RescoreRun,
  type RescoreTarget,
  readProgress,
} from '../../../../api/src/scoring/rescore.ts'
import { switchBoard } from '../../../../api/src/scoring/switch-board.ts'
import { Failure } from '../../failure.ts'
import { confirm } from '../../terminal/confirm.ts'
import { createProgress, type Progress } from '../../terminal/progress.ts'
import { describeDifference } from './report.ts'
import type { CompetitionRow } from './setting.ts'

export type SwitchOptions = { note?: string; dryRun?: boolean; yes?: boolean; json?: boolean }

export type SwitchWishes = {
  row: CompetitionRow
  target: RescoreTarget
  /** What else the row says from now on. */
  competition: Partial<Insertable<DB['competitions']>>
  /** For everybody, unless `--note` says something else. */
  notice: string
  action: 'competition.import' | 'competition.rescore'
  options: SwitchOptions
}

export type SwitchResult = {
  outcome: 'switched' | 'dry_run' | 'unchanged'
  difference: BoardDifference
}

/**
 * Score everything towards the target beside the board, show what would change, ask, and change it in one transaction.
 *
 * Stopped at any point, the board is the old one or the new one; the same command goes on where it was.
 */
export async function replaceBoard(db: Kysely<DB>, wishes: SwitchWishes): Promise<SwitchResult> {
  const { row, target, options } = wishes
  const progress = createProgress(process.stderr)
  const run = await openRescore(db, row.id, target, new Date())
  const difference = await computeShadow(db, run, progress, { isFirst: true })
  if (!options.json) process.stdout.write(describeDifference(difference))
  if (options.dryRun) {
    await abandonRescore(db, run, new Date())
    return { outcome: 'dry_run', difference }
  }
  if (isSameTarget(row, target) && (await isSameBoard(db, run))) {
    await abandonRescore(db, run, new Date())
    return { outcome: 'unchanged', difference }
  }
  const question = `The leaderboard of ${row.slug} changes as shown, for everybody at once.`
  await confirm(question, options.yes ?? false)
  await changeBoard(db, run, wishes, difference, progress)
  return { outcome: 'switched', difference }
}

async function changeBoard(
  db: Kysely<DB>,
  run: RescoreRun,
  { row, competition, notice, action, options }: SwitchWishes,
  { entries_before, entries_after, moved }: BoardDifference,
  progress: Progress,
): Promise<void> {
  const { evaluation_split_version, manifest_sha256 } = row
  for (;;) {
    const outcome = await switchBoard(db, run, {
      competition,
      notice: options.note ?? notice,
      at: new Date(),
      from: { evaluation_split_version, manifest_sha256 },
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
        },
      },
    })
    if (outcome === 'switched') return
    if (outcome === 'moved') {
      throw new Failure(
        `${row.slug} was changed by somebody else while this waited for an answer; nothing was changed here.`,
        'Run this again to see the difference as it is now.',
      )
    }
    // Somebody's submission got its score on the old board meanwhile.
    await computeShadow(db, run, progress, { isFirst: false })
  }
}

/** Until every submission has its place in the run. */
async function computeShadow(
  db: Kysely<DB>,
  run: RescoreRun,
  progress: Progress,
  { isFirst }: { isFirst: boolean },
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
      progress.end(`${now.scored} scored, ${now.invalid} that do not fit`)
      assertComplete(now)
      return readBoardDifference(db, run)
    }
    const waits = state.reason === null ? '' : ` (${state.reason})`
    progress.detail(`${left} of ${left + state.scored + state.invalid} left${waits}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function assertComplete({ failed, reason, scorerVersions }: RescoreProgress): void {
  if (failed > 0) {
    throw new Failure(
      `${failed} submissions could not be scored (${reason ?? 'no reason given'}); the board was not changed.`,
      'Read ./medforge logs api-worker, and run this again: it tries just those.',
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

/** Whether every submission that counts would keep just the score that it has. */
async function isSameBoard(db: Kysely<DB>, run: RescoreRun): Promise<boolean> {
  const other = await db
    .selectFrom('shadow_scores as shadow')
    .leftJoin('submission_scores as score', (join) =>
      join
        .onRef('score.submission_id', '=', 'shadow.submission_id')
        .on('score.official_active', '=', 1)
        .on('score.evaluation_split_version', '=', run.evaluation_split_version)
        .on('score.manifest_sha256', '=', run.manifest_sha256)
        .onRef('score.primary_score', '=', 'shadow.primary_score')
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
