import type { GpuMode, Session, SessionEvent } from '@medforge/contracts'
import { SessionProgress } from './session-progress.tsx'
import { stopRequestedAt, stopTimeline } from './timeline.ts'

type StoppingViewProps = { session: Session; events: readonly SessionEvent[]; gpuMode: GpuMode }

export function StoppingView({ session, events, gpuMode }: StoppingViewProps) {
  return (
    <SessionProgress
      session={session}
      events={events}
      gpuMode={gpuMode}
      title="Stopping"
      note="Your files are kept."
      stepsLabel="Stop steps"
      timeline={stopTimeline}
      startedAt={stopRequestedAt(events)}
      overdueText="MedForge keeps trying, and the operator can see it. You need not wait on this page."
    />
  )
}
