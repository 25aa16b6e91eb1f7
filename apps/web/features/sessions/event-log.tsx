import type { GpuMode, SessionEvent } from '@medforge/contracts'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { formatTimeOfDay, formatTimestamp } from '../../lib/format.ts'
import { stepLabel } from './step-labels.ts'

type EventLogProps = { events: readonly SessionEvent[]; gpuMode: GpuMode }

/** Every transition and step of a session, oldest first. */
export function EventLog({ events, gpuMode }: EventLogProps) {
  return (
    <Card aria-labelledby="event-log">
      <CardHeader title="Event log" id="event-log" />
      <CardBody>
        {events.length === 0 ? (
          <p className="text-ink-muted text-sm">No event has been read yet.</p>
        ) : (
          <ol className="space-y-2 text-sm">
            {events.map((event) => (
              <li key={event.id} className="flex flex-wrap gap-x-4">
                <time
                  dateTime={event.at}
                  title={formatTimestamp(event.at)}
                  className="font-mono text-ink-muted tabular-nums"
                >
                  {formatTimeOfDay(event.at)}
                </time>
                <span className="min-w-0 flex-1 basis-48">{textOf(event, gpuMode)}</span>
              </li>
            ))}
          </ol>
        )}
      </CardBody>
    </Card>
  )
}

const STATUS_TEXTS = {
  starting: 'Launched.',
  running: 'Running.',
  stopping: 'Stopping.',
  stopped: 'Stopped.',
  error: 'Failed.',
} as const

function textOf({ step, to_status, reason }: SessionEvent, gpuMode: GpuMode): string {
  const what = step ? `${stepLabel(step, gpuMode).done}.` : to_status ? STATUS_TEXTS[to_status] : ''
  return [what, reason].filter(Boolean).join(' ')
}
