import { newId, type RescoreRun, type RescoreTarget } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'

/** The one run of a competition that has not ended. */
export async function findOpenRun(
  db: Kysely<DB>,
  competitionId: string,
): Promise<RescoreRun | undefined> {
  return db
    .selectFrom('rescore_runs')
    .selectAll()
    .where('competition_id', '=', competitionId)
    .where('status', '=', 'open')
    .executeTakeFirst()
}

export async function findLastEnded(
  db: Kysely<DB>,
  competitionId: string,
): Promise<Pick<RescoreRun, 'status' | 'ended_at'> | undefined> {
  return db
    .selectFrom('rescore_runs')
    .select(['status', 'ended_at'])
    .where('competition_id', '=', competitionId)
    .where('ended_at', 'is not', null)
    .orderBy('ended_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** For the worker to carry out. Nothing is added where a run is open. */
export async function insertRun(
  tx: Transaction<DB>,
  run: { competitionId: string; target: RescoreTarget; wantedBy: string; at: Date },
): Promise<void> {
  const { competitionId, target, wantedBy, at } = run
  await tx
    .insertInto('rescore_runs')
    .ignore()
    .values({
      id: newId(),
      competition_id: competitionId,
      ...target,
      wanted: 'compare',
      wanted_by: wantedBy,
      created_at: toSqlTime(at),
    })
    .execute()
}

/** @returns whether the run was still open */
export async function wantOfRun(
  tx: Transaction<DB>,
  id: string,
  columns: Pick<RescoreRun, 'wanted' | 'wanted_by' | 'note'>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('rescore_runs')
    .set(columns)
    .where('id', '=', id)
    .where('status', '=', 'open')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
