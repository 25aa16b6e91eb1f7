import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { RescoreRun } from './rescore.ts'

/** Somebody's rank and score on both boards; null where they are not on it. */
export type RankChange = {
  user_id: string
  display_name: string
  rank_before: number | null
  rank_after: number | null
  score_before: number | null
  score_after: number | null
}

export type BoardDifference = {
  entries_before: number
  entries_after: number
  /** People whose rank changes. */
  moved: number
  /** People whose best score changes. */
  changed: number
  /** Files with a score on the board that get none after. */
  left_out: number
  /** Everybody with another rank or score, in the order of the new board, then those who leave it. */
  moves: RankChange[]
}

/** A person's submission as either board has it; null: none there. */
export type BoardRow = {
  submission_id: string
  user_id: string
  display_name: string
  before: number | null
  after: number | null
  /** Decides ties, on both boards. */
  scored_at: string
}

/** What the switch of a run would do to the leaderboard. */
export async function readBoardDifference(
  db: Kysely<DB>,
  run: RescoreRun,
): Promise<BoardDifference> {
  const competition = await db
    .selectFrom('competitions')
    .select(['higher_is_better', 'evaluation_split_version'])
    .where('id', '=', run.competition_id)
    .executeTakeFirstOrThrow()
  const rows = await db
    .selectFrom('submissions')
    .innerJoin('users', 'users.id', 'submissions.user_id')
    .leftJoin('submission_scores as score', (join) =>
      join
        .onRef('score.submission_id', '=', 'submissions.id')
        .on('score.official_active', '=', 1)
        .on('score.evaluation_split_version', '=', competition.evaluation_split_version),
    )
    .leftJoin('shadow_scores as shadow', (join) =>
      join
        .onRef('shadow.submission_id', '=', 'submissions.id')
        .on('shadow.run_id', '=', run.id)
        .on('shadow.state', '=', 'scored'),
    )
    .select([
      'submissions.id as submission_id',
      'submissions.user_id',
      'users.display_name',
      'score.primary_score as before',
      'shadow.primary_score as after',
      'submissions.scored_at',
      'score.created_at',
      'shadow.scored_at as shadow_at',
    ])
    .leftJoin('submission_exclusions', 'submission_exclusions.submission_id', 'submissions.id')
    .where('submissions.competition_id', '=', run.competition_id)
    .where('submission_exclusions.submission_id', 'is', null)
    .execute()
  return compareBoards(
    rows.map(({ created_at, scored_at, shadow_at, ...row }) => ({
      ...row,
      scored_at: created_at ?? scored_at ?? shadow_at ?? '',
    })),
    competition.higher_is_better,
  )
}

/** Best of each person on either board, ranked as the leaderboard ranks. */
export function compareBoards(rows: readonly BoardRow[], higherIsBetter: boolean): BoardDifference {
  const before = rank(rows, 'before', higherIsBetter)
  const after = rank(rows, 'after', higherIsBetter)
  const people = new Map([...after, ...before])
  const moves: RankChange[] = []
  for (const [user_id, { display_name }] of people) {
    const [old, now] = [before.get(user_id), after.get(user_id)]
    if (old?.rank === now?.rank && old?.score === now?.score) continue
    moves.push({
      user_id,
      display_name,
      rank_before: old?.rank ?? null,
      rank_after: now?.rank ?? null,
      score_before: old?.score ?? null,
      score_after: now?.score ?? null,
    })
  }
  return {
    entries_before: before.size,
    entries_after: after.size,
    moved: moves.filter(({ rank_before, rank_after }) => rank_before !== rank_after).length,
    changed: moves.filter(({ score_before, score_after }) => score_before !== score_after).length,
    left_out: rows.filter((row) => row.before !== null && row.after === null).length,
    moves,
  }
}

type Ranked = { rank: number; score: number; display_name: string }

function rank(
  rows: readonly BoardRow[],
  side: 'before' | 'after',
  higherIsBetter: boolean,
): Map<string, Ranked> {
  const direction = higherIsBetter ? -1 : 1
  const order = (a: BoardRow, b: BoardRow) =>
    direction * ((a[side] ?? 0) - (b[side] ?? 0)) ||
    compareTexts(a.scored_at, b.scored_at) ||
    compareTexts(a.submission_id, b.submission_id)
  const ranked = new Map<string, Ranked>()
  for (const row of rows.filter((one) => one[side] !== null).toSorted(order)) {
    if (ranked.has(row.user_id)) continue
    const { display_name } = row
    ranked.set(row.user_id, { rank: ranked.size + 1, score: row[side] ?? 0, display_name })
  }
  return ranked
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
