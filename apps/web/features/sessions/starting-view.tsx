import type { GpuMode, Session, SessionEvent } from '@medforge/contracts'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { gpuName, nameGpus } from '../../lib/gpu.ts'
import { SessionProgress } from './session-progress.tsx'
import { StopButton } from './stop-button.tsx'
import { launchTimeline } from './timeline.ts'
import type { StopAction } from './use-session.ts'

type StartingViewProps = {
  session: Session
  events: readonly SessionEvent[]
  stop: StopAction
  gpuMode: GpuMode
}

export function StartingView({ session, events, stop, gpuMode }: StartingViewProps) {
  return (
    <SessionProgress
      session={session}
      events={events}
      gpuMode={gpuMode}
      title="Launching"
      note={session.gpu_id === null ? null : gpuName(session.gpu_id, gpuMode)}
      stepsLabel="Launch steps"
      timeline={launchTimeline}
      startedAt={Date.parse(session.created_at)}
      overdueText="MedForge gives a launch up by itself when it cannot finish, and nothing stays reserved."
    >
      <ErrorNotice error={stop.error} role="alert" />
      <StopButton
        stop={() => stop.run(session)}
        isPending={stop.isPending}
        label="Cancel launch"
        title="Cancel this launch?"
        confirmLabel="Cancel the launch"
        cancelLabel="Keep launching"
        tone="plain"
      >
        <p>
          The session ends before it has begun.{' '}
          {nameGpus('Its GPU is free again as soon as the container is gone.', gpuMode)}
        </p>
      </StopButton>
    </SessionProgress>
  )
}
