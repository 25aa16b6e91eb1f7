import type { LeaderboardEntry } from '@medforge/contracts'
import { Badge } from '../../components/ui/badge.tsx'
import { classNames } from '../../components/ui/class-names.ts'
import { Cell, DataTable, HeadCell } from '../../components/ui/data-table.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { formatScore } from '../../lib/format.ts'

type LeaderboardTableProps = {
  title: string
  entries: readonly LeaderboardEntry[]
  /** Whose row is highlighted; null for an anonymous visitor. */
  viewerId: string | null
}

export function LeaderboardTable({ title, entries, viewerId }: LeaderboardTableProps) {
  return (
    <DataTable caption={`Leaderboard of ${title}`}>
      <thead>
        <tr>
          <HeadCell className="w-16 text-right">Rank</HeadCell>
          <HeadCell>Name</HeadCell>
          <HeadCell className="text-right">Score</HeadCell>
          <HeadCell className="text-right max-sm:hidden">Entries</HeadCell>
          <HeadCell className="max-sm:hidden">When</HeadCell>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Row key={entry.user_id} entry={entry} isOwn={entry.user_id === viewerId} />
        ))}
      </tbody>
    </DataTable>
  )
}

function Row({ entry, isOwn }: { entry: LeaderboardEntry; isOwn: boolean }) {
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
        <span className="flex items-center gap-2">
          <span className={classNames('truncate', isOwn ? 'font-semibold' : 'font-medium')}>
            {entry.display_name}
          </span>
          {isOwn ? <Badge tone="accent">you</Badge> : null}
        </span>
      </Cell>
      <Cell className="text-right font-mono leading-6 tabular-nums">
        <span title={String(entry.primary_score)}>{formatScore(entry.primary_score)}</span>
      </Cell>
      <Cell className="text-right leading-6 tabular-nums max-sm:hidden">{entry.entries}</Cell>
      <Cell className="leading-6 whitespace-nowrap text-ink-muted max-sm:hidden">
        <TimeAgo at={entry.scored_at} />
      </Cell>
    </tr>
  )
}
