import type { CompetitionDetail } from '@medforge/contracts'
import { Fact, Facts } from '../../components/ui/facts.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { formatCount } from '../../lib/format.ts'
import { metricLabel } from './metric-label.ts'

export function CompetitionFacts({ competition }: { competition: CompetitionDetail }) {
  const { metric, metric_version, higher_is_better, holdout } = competition
  return (
    <Facts>
      <Fact name="Metric">{metricLabel(metric).name}</Fact>
      <Fact name="Best is">{higher_is_better ? 'highest' : 'lowest'}</Fact>
      <Fact name="Rows scored">{formatCount(holdout.rows)}</Fact>
      <Fact name="Daily limit">{competition.submission_cap_per_day} submissions</Fact>
      <Fact name="Ranking">Best score per person</Fact>
      <Fact name="Data set">
        <TextLink href={`/datasets/${competition.dataset_slug}`}>
          {competition.dataset_title}
        </TextLink>
      </Fact>
      <Fact name="Scorer">
        <span className="font-mono text-xs">{metric_version}</span>
      </Fact>
      <Fact name="Split">
        <span className="break-all font-mono text-xs">{holdout.version}</span>
      </Fact>
    </Facts>
  )
}
