import type { SessionStatus } from '@medforge/contracts'
import { Badge } from '../../components/ui/badge.tsx'

const BADGES = {
  starting: { tone: 'accent', dot: 'pulsing', text: 'Starting' },
  running: { tone: 'good', dot: 'steady', text: 'Running' },
  stopping: { tone: 'accent', dot: 'pulsing', text: 'Stopping' },
  stopped: { tone: 'neutral', dot: undefined, text: 'Stopped' },
  error: { tone: 'bad', dot: undefined, text: 'Failed' },
} as const

export function StatusBadge({ status }: { status: SessionStatus }) {
  const { tone, dot, text } = BADGES[status]
  return (
    <Badge tone={tone} dot={dot}>
      {text}
    </Badge>
  )
}
