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

export function HoldoutExplanation({ madeUp }: { madeUp: CompetitionDetail['made_up'] }) {
  if (madeUp.length === 0) return null
  return (
    <p className="text-ink-muted text-sm">
      Scores here come from a <strong className="font-semibold text-ink">demo holdout</strong>: the{' '}
      {madeUp.join(' and the ')} are made up, in the true shape. Scores say nothing about how good a
      model is until the operator imports the real ones.
    </p>
  )
}
