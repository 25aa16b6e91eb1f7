import type { Leaderboard, LeaderboardEntry, Metric, ReferenceEntry } from '@medforge/contracts'
import { Badge } from '../../components/ui/badge.tsx'
import { classNames } from '../../components/ui/class-names.ts'
import { Cell, DataTable, HeadCell } from '../../components/ui/data-table.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { formatInterval, formatScore } from '../../lib/format.ts'
import { type BoardRow, isEntry, placeReferences } from './board-rows.ts'
import { metricLabel } from './metric-label.ts'

type LeaderboardTableProps = {
  title: string
  board: Leaderboard
  higherIsBetter: boolean
  /** Whose row is highlighted; null for an anonymous visitor. */
  viewerId: string | null
}

export function LeaderboardTable({
  title,
  board,
  higherIsBetter,
  viewerId,
}: LeaderboardTableProps) {
  const { entries, reference_entries, secondary_metrics } = board
  return (
    <DataTable caption={`Leaderboard of ${title}`}>
      <thead>
        <tr>
          <HeadCell className="w-16 text-right">Rank</HeadCell>
          <HeadCell>Name</HeadCell>
          <HeadCell className="text-right">Score</HeadCell>
          {secondary_metrics.map((metric) => (
            <HeadCell key={metric} className="text-right max-sm:hidden">
              {metricLabel(metric).name}
            </HeadCell>
          ))}
          <HeadCell className="text-right max-sm:hidden">Entries</HeadCell>
          <HeadCell className="max-sm:hidden">When</HeadCell>
        </tr>
      </thead>
      <tbody>
        {placeReferences(entries, reference_entries, higherIsBetter).map((row) =>
          isEntry(row) ? (
            <EntryRow
              key={row.user_id}
              entry={row}
              metrics={secondary_metrics}
              isOwn={row.user_id === viewerId}
            />
          ) : (
            <ReferenceRow
              key={`reference ${row.name}`}
              reference={row}
              metrics={secondary_metrics}
            />
          ),
        )}
      </tbody>
    </DataTable>
  )
}

type EntryRowProps = { entry: LeaderboardEntry; metrics: readonly Metric[]; isOwn: boolean }

function EntryRow({ entry, metrics, isOwn }: EntryRowProps) {
  return (
    <tr
      aria-current={isOwn ? 'true' : undefined}
      className={isOwn ? 'bg-accent-soft' : 'hover:bg-sunken/60'}
    >
      <Cell className="text-right">
        <span
          className={classNames(
            'inline-grid h-6 min-w-6 place-items-center rounded-sm px-1 tabular-nums',
            entry.rank <= 3 ? 'bg-ink font-semibold text-canvas' : 'text-ink-muted',
          )}
        >
          {entry.rank}
        </span>
      </Cell>
      <Cell className="w-full max-w-0 leading-6">
        <span className="flex flex-wrap items-center gap-x-2">
          <span className={classNames('truncate', isOwn ? 'font-semibold' : 'font-medium')}>
            {entry.display_name}
          </span>
          {isOwn ? <Badge tone="accent">you</Badge> : null}
          {entry.tied_with_first && entry.rank > 1 ? <Badge>tied with first</Badge> : null}
        </span>
        <NarrowScores row={entry} metrics={metrics} />
      </Cell>
      <ScoreCells row={entry} metrics={metrics} />
      <Cell className="text-right leading-6 tabular-nums max-sm:hidden">{entry.entries}</Cell>
      <Cell className="leading-6 whitespace-nowrap text-ink-muted max-sm:hidden">
        <TimeAgo at={entry.scored_at} />
      </Cell>
    </tr>
  )
}

type ReferenceRowProps = { reference: ReferenceEntry; metrics: readonly Metric[] }

function ReferenceRow({ reference, metrics }: ReferenceRowProps) {
  return (
    <tr className="bg-sunken/60 text-ink-muted">
      <Cell />
      <Cell className="w-full max-w-0 leading-6">
        <span className="flex flex-wrap items-center gap-x-2">
          <span className="truncate">{reference.name}</span>
          <Badge>reference</Badge>
        </span>
        <NarrowScores row={reference} metrics={metrics} />
      </Cell>
      <ScoreCells row={reference} metrics={metrics} />
      <Cell className="max-sm:hidden" />
      <Cell className="max-sm:hidden" />
    </tr>
  )
}

type ScoresProps = { row: BoardRow; metrics: readonly Metric[] }

function ScoreCells({ row, metrics }: ScoresProps) {
  const { primary_score, interval, secondary_scores } = row
  return (
    <>
      <Cell className="text-right font-mono leading-6 tabular-nums">
        <span title={String(primary_score)}>{formatScore(primary_score)}</span>
        {interval ? (
          <span className="block text-ink-muted text-xs leading-4 whitespace-nowrap">
            {formatInterval(interval)}
          </span>
        ) : null}
      </Cell>
      {metrics.map((metric) => (
        <Cell key={metric} className="text-right font-mono leading-6 tabular-nums max-sm:hidden">
          {showScore(secondary_scores[metric])}
        </Cell>
      ))}
    </>
  )
}

/** The columns for which a phone has no room. */
function NarrowScores({ row, metrics }: ScoresProps) {
  if (metrics.length === 0) return null
  return (
    <dl className="text-ink-muted text-xs leading-4 sm:hidden">
      {metrics.map((metric) => (
        <div key={metric} className="flex flex-wrap gap-x-1.5">
          <dt>{metricLabel(metric).name}</dt>
          <dd className="font-mono tabular-nums">{showScore(row.secondary_scores[metric])}</dd>
        </div>
      ))}
    </dl>
  )
}

function showScore(score: number | undefined): string {
  return score === undefined ? '–' : formatScore(score)
}
