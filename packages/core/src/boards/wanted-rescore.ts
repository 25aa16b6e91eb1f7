import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import { abandonRescore, gatherSubmissions, type RescoreRun, readProgress } from './rescore.ts'
import { type SwitchOutcome, switchBoard } from './switch-board.ts'

/** Unless the administrator writes another one. */
export const RESCORE_NOTICE = 'All submissions were scored again on the same holdout.'

/** Runs that administrators asked for through the API. */
export async function listWantedRuns(db: Kysely<DB>): Promise<RescoreRun[]> {
  return db
    .selectFrom('rescore_runs')
    .selectAll()
    .where('status', '=', 'open')
    .where('wanted', 'is not', null)
    .execute()
}

/**
 * One pass over such a run: take in what was accepted, and switch or abandon it where that is wanted and can be done. May be repeated.
 *
 * @returns `open` while it goes on; `conflict`: the competition was changed since, so the run was abandoned
 */
export async function carryOutRescore(
  db: Kysely<DB>,
  run: RescoreRun,
  at: Date,
): Promise<'open' | 'abandoned' | Exclude<SwitchOutcome, 'incomplete'>> {
  if (run.wanted === 'abandon') {
    await abandonRescore(db, run, at)
    return 'abandoned'
  }
  await gatherSubmissions(db, run, { retryFailed: run.gathered_at === null })
  await changeRun(db, run.id, { gathered_at: toSqlTime(at) })
  if (run.wanted !== 'switch') return 'open'
  const { queued, scoring, scored, failed } = await readProgress(db, run)
  if (queued + scoring > 0) return 'open'
  if (failed > 0) {
    // Shown again, with its reason: the board is not switched without these.
    await changeRun(db, run.id, { wanted: 'compare' })
    return 'open'
  }
  const outcome = await switchBoard(db, run, {
    competition: {},
    notice: run.note ?? RESCORE_NOTICE,
    at,
    from: run,
    audit: {
      actorUserId: run.wanted_by,
      action: 'competition.rescore',
      subject: run.competition_id,
      detail: { split: run.evaluation_split_version, scored },
    },
  })
  if (outcome === 'incomplete') return 'open'
  if (outcome === 'conflict') await abandonRescore(db, run, at)
  return outcome
}

async function changeRun(
  db: Kysely<DB>,
  id: string,
  columns: Partial<Pick<RescoreRun, 'wanted' | 'gathered_at'>>,
): Promise<void> {
  await db
    .updateTable('rescore_runs')
    .set(columns)
    .where('id', '=', id)
    .where('status', '=', 'open')
    .execute()
}
