import { FailureNotice } from '../../../../components/failure-notice.tsx'
import { Link } from '../../../../components/link.tsx'
import { LiveRefresh } from '../../../../components/live-refresh.tsx'
import { buttonStyle } from '../../../../components/ui/button.tsx'
import { Card, CardHeader } from '../../../../components/ui/card.tsx'
import { EmptyState } from '../../../../components/ui/empty-state.tsx'
import { TextLink } from '../../../../components/ui/text-link.tsx'
import { BoardLegend } from '../../../../features/competitions/board-legend.tsx'
import { BoardNotice } from '../../../../features/competitions/board-notice.tsx'
import { HoldoutExplanation } from '../../../../features/competitions/holdout-badge.tsx'
import { LeaderboardTable } from '../../../../features/competitions/leaderboard-table.tsx'
import { metricLabel } from '../../../../features/competitions/metric-label.ts'
import { readCompetition } from '../../../../features/competitions/read.ts'
import { StandingCard } from '../../../../features/competitions/standing-card.tsx'
import { getViewer } from '../../../../features/identity/viewer.ts'
import { attempt } from '../../../../lib/api/attempt.ts'
import { serverClient } from '../../../../lib/api/server.ts'

const PAGE_SIZE = 100
const REFRESH_MS = 10_000

type LeaderboardPageProps = {
  params: Promise<{ slug: string }>
  searchParams: Promise<{ cursor?: string | string[] }>
}

export default async function LeaderboardPage({ params, searchParams }: LeaderboardPageProps) {
  const read = await readCompetition((await params).slug)
  if (!read.ok) return null // The layout shows the failure.
  const { slug, title, metric, higher_is_better, made_up, notice } = read.value
  const { cursor } = await searchParams
  const client = await serverClient()
  const [viewer, board] = await Promise.all([
    getViewer(),
    attempt(() =>
      client.getLeaderboard(slug, {
        limit: PAGE_SIZE,
        cursor: typeof cursor === 'string' ? cursor : undefined,
      }),
    ),
  ])
  const competition = `/competitions/${slug}`
  const address = `${competition}/leaderboard`
  if (!board.ok) {
    return (
      <FailureNotice
        failure={board.failure}
        actions={<TextLink href={address}>Show the leaderboard from its top</TextLink>}
      />
    )
  }
  const { entries, reference_entries } = board.value.items
  const standing =
    viewer.kind === 'signed-in' ? await attempt(() => client.getStanding(slug)) : null
  const nextCursor = board.value.meta.next_cursor
  return (
    <div className="space-y-4">
      <LiveRefresh everyMs={REFRESH_MS} />
      {notice ? <BoardNotice notice={notice} /> : null}
      {standing?.ok ? <StandingCard standing={standing.value} now={new Date()} /> : null}
      <Card aria-labelledby="leaderboard">
        <CardHeader
          title="Leaderboard"
          id="leaderboard"
          aside={`${metricLabel(metric).name}, best score per person`}
        />
        {entries.length === 0 ? (
          <EmptyState title="Nobody has a score yet">
            <p>
              The first scored submission takes the top.{' '}
              <TextLink href={`${competition}/submit`}>Submit a prediction</TextLink>
            </p>
          </EmptyState>
        ) : null}
        {entries.length + reference_entries.length > 0 ? (
          <LeaderboardTable
            title={title}
            board={board.value.items}
            higherIsBetter={higher_is_better}
            viewerId={viewer.kind === 'signed-in' ? viewer.me.user_id : null}
          />
        ) : null}
      </Card>
      <BoardLegend board={board.value.items} />
      {nextCursor ? (
        <Link
          href={`${address}?cursor=${encodeURIComponent(nextCursor)}`}
          className={buttonStyle({ tone: 'quiet' })}
        >
          Show the next {PAGE_SIZE}
        </Link>
      ) : null}
      <HoldoutExplanation madeUp={made_up} />
    </div>
  )
}
