import type { Leaderboard } from '@medforge/contracts'

/** What is not obvious of a board, where it is there. */
export function BoardLegend({ board }: { board: Leaderboard }) {
  const { entries, reference_entries, secondary_metrics } = board
  const hasIntervals = [...entries, ...reference_entries].some(({ interval }) => interval !== null)
  const hasTies = entries.some(({ rank, tied_with_first }) => rank > 1 && tied_with_first)
  const lines = [
    hasIntervals &&
      'The range under a score is its 95 % interval: how far chance in the choice of the test cases may have moved it.',
    hasTies &&
      '“Tied with first”: on the same cases, the first entry is better by no more than chance explains. Compared once a day; ranks do not depend on it.',
    secondary_metrics.length > 0 && 'Only the score decides ranks.',
    reference_entries.length > 0 &&
      'Rows marked “reference” are baselines of the organiser, outside of the ranking.',
  ].filter((line) => line !== false)
  if (lines.length === 0) return null
  return (
    <ul className="space-y-1 text-ink-muted text-sm">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}
