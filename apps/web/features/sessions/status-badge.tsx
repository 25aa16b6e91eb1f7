import type { SessionStatus } from '@medforge/contracts'
import { Badge } from '../../components/ui/badge.tsx'

const LOOK = {
  starting: { tone: 'accent', light: 'live', text: 'Starting' },
  running: { tone: 'good', light: 'steady', text: 'Running' },
  stopping: { tone: 'accent', light: 'live', text: 'Stopping' },
  stopped: { tone: 'neutral', light: undefined, text: 'Stopped' },
  error: { tone: 'bad', light: undefined, text: 'Failed' },
} as const

export function StatusBadge({ status }: { status: SessionStatus }) {
  const { tone, light, text } = LOOK[status]
  return (
    <Badge tone={tone} light={light}>
      {text}
    </Badge>
  )
}
