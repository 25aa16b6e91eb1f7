'use client'

import type { GpuMode, Session, SessionEvent } from '@medforge/contracts'
import type { ReactNode } from 'react'
import { Notice } from '../../components/ui/notice.tsx'
import { useServerNow } from '../../lib/clock.tsx'
import { formatDuration } from '../../lib/format.ts'
import { StepList } from './step-list.tsx'
import { totalMedianMs } from './step-medians.ts'
import { isOverdue, type launchTimeline } from './timeline.ts'
import { useStepMedians } from './use-step-medians.ts'

const TICK_MS = 200

type SessionProgressProps = {
  session: Session
  events: readonly SessionEvent[]
  gpuMode: GpuMode
  title: string
  note: string | null
  stepsLabel: string
  timeline: typeof launchTimeline
  /** In milliseconds since the epoch; null where unknown. */
  startedAt: number | null
  overdueText: string
  children?: ReactNode
}

/** A launch or a stop under way. */
export function SessionProgress(props: SessionProgressProps) {
  const { session, events, gpuMode, startedAt } = props
  const now = useServerNow(TICK_MS)
  const medians = useStepMedians(events)
  const elapsedMs = startedAt === null ? null : now - startedAt
  const medianMs = totalMedianMs(events, session.status)
  return (
    <div className="space-y-6">
      <div className="flex items-baseline justify-between gap-x-6">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h2 className="text-xl">{props.title}</h2>
          {props.note ? <p className="text-ink-muted text-sm">{props.note}</p> : null}
        </div>
        <div className="shrink-0 text-right">
          {elapsedMs === null ? null : (
            <p className="font-mono text-lg tabular-nums" role="timer" aria-live="off">
              {formatDuration(elapsedMs)}
            </p>
          )}
          {medianMs === null ? null : (
            <p className="text-ink-muted text-xs tabular-nums">
              usually {formatDuration(medianMs)}
            </p>
          )}
        </div>
      </div>
      <StepList
        label={props.stepsLabel}
        gpuMode={gpuMode}
        steps={props.timeline(session, events, now, medians)}
      />
      {isOverdue(elapsedMs, medianMs) ? (
        <Notice tone="warn" role="status" title="This takes longer than usual">
          {session.status_reason ? <p>{session.status_reason}</p> : null}
          <p>{props.overdueText}</p>
        </Notice>
      ) : null}
      {props.children}
    </div>
  )
}
