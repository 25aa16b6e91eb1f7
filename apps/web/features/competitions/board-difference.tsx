import type { Rescore } from '@medforge/contracts'
import { Cell, DataTable, HeadCell } from '../../components/ui/data-table.tsx'
import { formatScore, plural } from '../../lib/format.ts'

type Difference = NonNullable<NonNullable<Rescore['run']>['difference']>

/** What a switch would do to the leaderboard. */
export function BoardDifference({ difference }: { difference: Difference }) {
  const { entries_before, entries_after, moved, changed, left_out, moves } = difference
  if (moves.length === 0 && left_out === 0) {
    return <p className="font-semibold">Nothing on the leaderboard would change.</p>
  }
  return (
    <div className="space-y-3">
      <p>
        The board has {plural(entries_before, 'person', 'people')} now and {entries_after} after;{' '}
        {moved} change their rank, {changed} their best score
        {left_out > 0 ? `, and ${plural(left_out, 'file')} would get no score` : ''}.
      </p>
      {moves.length > 0 ? (
        <DataTable caption="Ranks and scores before and after">
          <thead>
            <tr>
              <HeadCell>Name</HeadCell>
              <HeadCell className="text-right">Rank</HeadCell>
              <HeadCell className="text-right">Best score</HeadCell>
            </tr>
          </thead>
          <tbody>
            {moves.map((move) => (
              <tr key={move.user_id}>
                <Cell className="max-w-40 break-words">
                  <bdi>{move.display_name}</bdi>
                </Cell>
                <Cell className="text-right whitespace-nowrap tabular-nums">
                  {move.rank_before ?? '–'} → {move.rank_after ?? '–'}
                </Cell>
                <Cell className="text-right font-mono whitespace-nowrap tabular-nums">
                  {scoreText(move.score_before)} → {scoreText(move.score_after)}
                </Cell>
              </tr>
            ))}
          </tbody>
        </DataTable>
      ) : null}
      {moves.length < Math.max(moved, changed) ? <p>The first {moves.length} are shown.</p> : null}
    </div>
  )
}

function scoreText(score: number | null): string {
  return score === null ? '–' : formatScore(score)
}
