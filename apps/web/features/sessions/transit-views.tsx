'use client'

import type { GpuMode, Session, SessionEvent } from '@medforge/contracts'
import type { ReactNode } from 'react'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Notice } from '../../components/ui/notice.tsx'
import { explain } from '../../lib/api/failure.ts'
import { useServerNow } from '../../lib/clock.tsx'
import { formatDuration } from '../../lib/format.ts'
import { gpuName, nameGpus } from '../../lib/gpu.ts'
import { StepList } from './step-list.tsx'
import { StopButton } from './stop-button.tsx'
import { isOverdue, launchTimeline, stopTimeline, usualTotalMs } from './timeline.ts'
import type { StopAction } from './use-session.ts'
import { useUsualDurations } from './use-usual-durations.ts'

const TICK_MS = 200

type StartingViewProps = {
  session: Session
  events: readonly SessionEvent[]
  stop: StopAction
  gpuMode: GpuMode
}

export function StartingView({ session, events, stop, gpuMode }: StartingViewProps) {
  const now = useServerNow(TICK_MS)
  const usual = useUsualDurations(events)
  const elapsedMs = now - Date.parse(session.created_at)
  const usualMs = usualTotalMs(events, 'starting')
  return (
    <div className="space-y-6">
      <TransitHeader
        title="Launching"
        note={session.gpu_id === null ? null : gpuName(session.gpu_id, gpuMode)}
        elapsedMs={elapsedMs}
        usualMs={usualMs}
      />
      <StepList
        label="Launch steps"
        gpuMode={gpuMode}
        steps={launchTimeline(session, events, now, usual)}
      />
      {isOverdue(elapsedMs, usualMs) ? (
        <OverdueNotice reason={session.status_reason}>
          MedForge gives a launch up by itself when it cannot finish, and nothing stays reserved.
        </OverdueNotice>
      ) : null}
      {stop.error ? <FailureNotice failure={explain(stop.error)} role="alert" /> : null}
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
    </div>
  )
}

type StoppingViewProps = Omit<StartingViewProps, 'stop'>

export function StoppingView({ session, events, gpuMode }: StoppingViewProps) {
  const now = useServerNow(TICK_MS)
  const usual = useUsualDurations(events)
  const wish = events.find((event) => event.to_status === 'stopping')
  const elapsedMs = wish ? now - Date.parse(wish.at) : null
  const usualMs = usualTotalMs(events, 'stopping')
  return (
    <div className="space-y-6">
      <TransitHeader
        title="Stopping"
        note="Your files are kept."
        elapsedMs={elapsedMs}
        usualMs={usualMs}
      />
      <StepList
        label="Stop steps"
        gpuMode={gpuMode}
        steps={stopTimeline(session, events, now, usual)}
      />
      {isOverdue(elapsedMs, usualMs) ? (
        <OverdueNotice reason={session.status_reason}>
          MedForge keeps trying, and the operator can see it. You need not wait on this page.
        </OverdueNotice>
      ) : null}
    </div>
  )
}

function OverdueNotice({ reason, children }: { reason: string | null; children: ReactNode }) {
  return (
    <Notice tone="warn" role="status" title="This takes longer than usual">
      {reason ? <p>{reason}</p> : null}
      <p>{children}</p>
    </Notice>
  )
}

type TransitHeaderProps = {
  title: string
  note: string | null
  elapsedMs: number | null
  usualMs: number | null
}

function TransitHeader({ title, note, elapsedMs, usualMs }: TransitHeaderProps) {
  return (
    <div className="flex items-baseline justify-between gap-x-6">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h2 className="text-xl">{title}</h2>
        {note ? <p className="text-ink-muted text-sm">{note}</p> : null}
      </div>
      <div className="shrink-0 text-right">
        {elapsedMs === null ? null : (
          <p className="font-mono text-lg tabular-nums" role="timer" aria-live="off">
            {formatDuration(elapsedMs)}
          </p>
        )}
        {usualMs === null ? null : (
          <p className="text-ink-muted text-xs tabular-nums">usually {formatDuration(usualMs)}</p>
        )}
      </div>
    </div>
  )
}
