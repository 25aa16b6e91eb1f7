import type { CompetitionSummary, LeaderboardEntry } from '@medforge/contracts'
import { ArrowRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from '../../components/link.tsx'
import { formatCount, formatScore } from '../../lib/format.ts'
import { metricLabel } from './metric-label.ts'

type CompetitionListProps = {
  competitions: readonly CompetitionSummary[]
  headingLevel?: 2 | 3
  /** The viewer's place in each, by slug; without one in which they have no score. */
  standings?: Readonly<Record<string, LeaderboardEntry>>
}

export function CompetitionList({
  competitions,
  headingLevel = 2,
  standings = {},
}: CompetitionListProps) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      {competitions.map((competition) => (
        <li key={competition.slug}>
          <CompetitionCard
            competition={competition}
            headingLevel={headingLevel}
            entry={standings[competition.slug]}
          />
        </li>
      ))}
    </ul>
  )
}

type CompetitionCardProps = {
  competition: CompetitionSummary
  headingLevel: 2 | 3
  entry: LeaderboardEntry | undefined
}

function CompetitionCard({ competition, entry, ...props }: CompetitionCardProps) {
  const { slug, title, metric, submission_cap_per_day, entrants } = competition
  const Heading = props.headingLevel === 2 ? 'h2' : 'h3'
  return (
    <article className="group relative flex h-full flex-col rounded-lg border border-line bg-surface p-5 shadow-card transition-colors hover:border-line-strong">
      <Heading className="font-semibold text-lg">
        <Link
          href={`/competitions/${slug}`}
          className="after:absolute after:inset-0 after:rounded-lg focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-focus focus-visible:after:outline-offset-2"
        >
          {title}
        </Link>
      </Heading>
      <dl className="mt-4 space-y-1.5 text-sm">
        <Line name="Metric">{metricLabel(metric).name}</Line>
        <Line name="On the leaderboard">{formatCount(entrants)}</Line>
        <Line name="Submissions">{submission_cap_per_day} a day</Line>
        {entry ? (
          <Line name="Your rank">
            {entry.rank}, with {formatScore(entry.primary_score)}
          </Line>
        ) : null}
      </dl>
      <p
        aria-hidden="true"
        className="mt-auto flex items-center gap-1.5 pt-5 font-semibold text-accent text-sm"
      >
        Open
        <ArrowRight className="size-4 transition-transform group-hover:translate-x-0.5" />
      </p>
    </article>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-ink-muted">{name}</dt>
      <dd className="text-right font-medium">{children}</dd>
    </div>
  )
}
