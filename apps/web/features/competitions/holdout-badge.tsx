import type { CompetitionDetail } from '@medforge/contracts'
import { Badge } from '../../components/ui/badge.tsx'

export function HoldoutBadge({ kind }: { kind: CompetitionDetail['holdout']['kind'] }) {
  if (kind === 'operator') return null
  return (
    <Badge tone="warn" title="Scored on generated labels of the true shape, not on the real ones.">
      Demo holdout
    </Badge>
  )
}

export function HoldoutExplanation({ kind }: { kind: CompetitionDetail['holdout']['kind'] }) {
  if (kind === 'operator') return null
  return (
    <p className="text-ink-muted text-sm">
      Scores here come from a <strong className="font-semibold text-ink">demo holdout</strong>:
      labels of the true shape that this installation generated. They say nothing about how good a
      model is until the operator imports the real ones.
    </p>
  )
}
