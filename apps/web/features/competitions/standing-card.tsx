import type { LeaderboardStanding } from '@medforge/contracts'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { formatDay, formatScore, formatTimestamp, plural } from '../../lib/format.ts'
import { PLOT, stepPath } from './step-path.ts'

type StandingCardProps = {
  standing: LeaderboardStanding
  /** The right end of the plot. */
  now: Date
}

/** The viewer's rank; renders nothing before their first score. */
export function StandingCard({ standing, now }: StandingCardProps) {
  const { entry, people, best_over_time } = standing
  if (!entry) return null
  return (
    <Card aria-labelledby="standing">
      <CardHeader
        title={`Your rank: ${entry.rank} of ${people}`}
        id="standing"
        aside={`best ${formatScore(entry.primary_score)}, ${plural(entry.entries, 'entry', 'entries')}`}
      />
      {best_over_time.length > 1 ? (
        <CardBody className="space-y-3">
          <div>
            <Plot points={best_over_time} now={now} />
            <PlotEnds points={best_over_time} />
          </div>
          <details className="text-ink-muted text-sm">
            <summary className="cursor-pointer">How your best score came about</summary>
            <ol className="mt-2 space-y-1 tabular-nums">
              {best_over_time.map(({ at, primary_score }) => (
                <li key={at} className="flex gap-4">
                  <span>{formatTimestamp(at)}</span>
                  <span className="font-mono text-ink">{formatScore(primary_score)}</span>
                </li>
              ))}
            </ol>
          </details>
        </CardBody>
      ) : null}
    </Card>
  )
}

/** Hidden from screen readers, which get the plot's label and the list. */
function PlotEnds({ points }: { points: LeaderboardStanding['best_over_time'] }) {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return null
  return (
    <p aria-hidden="true" className="flex justify-between text-ink-muted text-sm tabular-nums">
      <span>
        {formatScore(first.primary_score)}, {formatDay(first.at)}
      </span>
      <span>{formatScore(last.primary_score)}, now</span>
    </p>
  )
}

function Plot({ points, now }: { points: LeaderboardStanding['best_over_time']; now: Date }) {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return null
  const label = `Your best score over time: from ${formatScore(first.primary_score)} to ${formatScore(last.primary_score)} in ${points.length} steps.`
  return (
    <svg
      viewBox={`0 -4 ${PLOT.width} ${PLOT.height + 8}`}
      preserveAspectRatio="none"
      className="h-24 w-full text-accent"
      role="img"
      aria-label={label}
    >
      <path
        d={stepPath(points, now.getTime())}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
