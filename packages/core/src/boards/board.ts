import type { DB } from '@medforge/db'
import { type Insertable, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'

/**
 * Leaderboards as they are kept: one row a person, split and competition, equal to the official scores at every commit.
 *
 * Whoever changes what counts holds the competition's row shared and the person's row, changes it, and calls `refreshEntry` in the same
 * transaction. Whoever changes a whole board holds the competition's row exclusively and calls `rebuildBoard`.
 */
type Entry = Insertable<DB['leaderboard_entries']>

export type BoardScope = {
  competitionId: string
  /** One person on one split; everybody on every split when absent. */
  only?: { userId: string; evaluationSplitVersion: string }
}

const INSERTED_AT_ONCE = 500

/**
 * Take the person's row; from then on nobody else changes what counts for them.
 *
 * Before any plain read and any insert of the transaction: its snapshot has to be taken after the lock is held, and an insert that
 * refers to the row locks it too, in a weaker way that two at once could not both strengthen.
 */
export async function lockPerson(tx: Transaction<DB>, userId: string): Promise<void> {
  await tx
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

/** Bring one person's entry on one split up to date. The caller holds the person's row (`lockPerson`). */
export async function refreshEntry(
  tx: Transaction<DB>,
  competitionId: string,
  only: NonNullable<BoardScope['only']>,
): Promise<void> {
  const [entry] = await computeEntries(tx, { competitionId, only })
  if (entry) {
    // Not REPLACE, and no UPDATE before: those lock gaps, and two people's first scores would deadlock.
    await tx.insertInto('leaderboard_entries').values(entry).onDuplicateKeyUpdate(entry).execute()
    return
  }
  await tx
    .deleteFrom('leaderboard_entries')
    .where('competition_id', '=', competitionId)
    .where('evaluation_split_version', '=', only.evaluationSplitVersion)
    .where('user_id', '=', only.userId)
    .execute()
}

/**
 * Make a competition's boards again from its official scores. The caller holds the competition's row for update.
 *
 * @returns how many entries there are
 */
export async function rebuildBoard(tx: Transaction<DB>, competitionId: string): Promise<number> {
  const entries = await computeEntries(tx, { competitionId })
  await tx.deleteFrom('leaderboard_entries').where('competition_id', '=', competitionId).execute()
  for (let at = 0; at < entries.length; at += INSERTED_AT_ONCE) {
    const some = entries.slice(at, at + INSERTED_AT_ONCE)
    await tx.insertInto('leaderboard_entries').values(some).execute()
  }
  return entries.length
}

/** Every competition that has a board. */
export async function listBoards(db: Kysely<DB>): Promise<{ id: string; slug: string }[]> {
  return db.selectFrom('competitions').select(['id', 'slug']).execute()
}

/** How many entries of a competition's boards are missing, surplus or different from the official scores; 0 always, unless there is a bug. */
export async function countWrongEntries(db: Kysely<DB>, competitionId: string): Promise<number> {
  const columns = sql`evaluation_split_version, user_id, sort_score, primary_score, scored_at,
    submission_id, score_id, metric_version, entries`
  // One statement, so both sides are of one moment. What is right is there twice.
  const { rows } = await sql<{ wrong: number }>`
    SELECT COUNT(DISTINCT evaluation_split_version, user_id) AS wrong FROM (
      SELECT ${columns} FROM (
        SELECT ${columns} FROM (${await entriesQuery(db, { competitionId })}) AS computed
        UNION ALL
        SELECT ${columns} FROM leaderboard_entries WHERE competition_id = ${competitionId}
      ) AS both_sides
      GROUP BY ${columns} HAVING COUNT(*) = 1
    ) AS single
  `.execute(db)
  return Number(rows[0]?.wrong ?? 0)
}

/**
 * The rule itself: of each person and split the best official score that is not excluded (of equal ones the earlier, then the smaller
 * submission id), and how many there are.
 *
 * Two steps, so that the many scores are only counted along the index `submission_scores_board` and only the best ones are sorted. The index
 * is named, because MariaDB takes a far worse one while its statistics are older than the scores.
 */
async function entriesQuery(db: Kysely<DB>, scope: BoardScope): Promise<RawBuilder<Entry>> {
  const { higher_is_better } = await db
    .selectFrom('competitions')
    .select('higher_is_better')
    .where('id', '=', scope.competitionId)
    .executeTakeFirstOrThrow()
  const best = higher_is_better ? sql`MAX` : sql`MIN`
  const sortScore = higher_is_better ? sql`0 - score.primary_score` : sql`score.primary_score`
  return sql<Entry>`
    SELECT competition_id, evaluation_split_version, user_id, sort_score, primary_score, scored_at,
      submission_id, score_id, metric_version, entries
    FROM (
      SELECT score.competition_id, score.evaluation_split_version, score.user_id,
        ${sortScore} AS sort_score, score.primary_score, score.created_at AS scored_at,
        score.submission_id, score.id AS score_id, score.metric_version, person.entries,
        ROW_NUMBER() OVER (
          PARTITION BY score.evaluation_split_version, score.user_id
          ORDER BY score.created_at, score.submission_id
        ) AS place
      FROM (
        SELECT score.evaluation_split_version, score.user_id, ${best}(score.primary_score) AS best,
          COUNT(*) AS entries
        FROM submission_scores AS score FORCE INDEX (submission_scores_board) ${counted(scope)}
        GROUP BY score.evaluation_split_version, score.user_id
      ) AS person
      STRAIGHT_JOIN submission_scores AS score FORCE INDEX (submission_scores_board)
        ON score.evaluation_split_version = person.evaluation_split_version
        AND score.user_id = person.user_id
        AND score.primary_score = person.best
      ${counted(scope)}
    ) AS ranked
    WHERE place = 1
  `
}

async function computeEntries(db: Kysely<DB>, scope: BoardScope): Promise<Entry[]> {
  const query = await entriesQuery(db, scope)
  const { rows } = await sql<Entry>`${query} ORDER BY evaluation_split_version, user_id`.execute(db)
  return rows
}

/** Which rows of `submission_scores AS score` count. */
function counted({ competitionId, only }: BoardScope): RawBuilder<unknown> {
  return sql`
    WHERE score.competition_id = ${competitionId} AND score.is_official = 1
    ${
      only
        ? sql`AND score.evaluation_split_version = ${only.evaluationSplitVersion} AND score.user_id = ${only.userId}`
        : sql``
    }
    AND NOT EXISTS (
      SELECT 1 FROM submission_exclusions AS excluded
      WHERE excluded.submission_id = score.submission_id
    )
  `
}
