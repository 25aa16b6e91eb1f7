'use client'

import type { GpuMode, Session } from '@medforge/contracts'
import { ExternalLink } from 'lucide-react'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { buttonStyle } from '../../components/ui/button.tsx'
import { Fact, Facts } from '../../components/ui/facts.tsx'
import { explain } from '../../lib/api/failure.ts'
import { useServerNow } from '../../lib/clock.tsx'
import { formatDuration, formatTimestamp } from '../../lib/format.ts'
import { gpuName } from '../../lib/gpu.ts'
import { StatusBadge } from './status-badge.tsx'
import { StopButton } from './stop-button.tsx'
import type { StopAction } from './use-session.ts'

type RunningViewProps = { session: Session; stop: StopAction; gpuMode: GpuMode }

export function RunningView({ session, stop, gpuMode }: RunningViewProps) {
  const now = useServerNow(1000)
  return (
    <div className="space-y-6">
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-5">
        <div className="space-y-1.5">
          <div className="flex items-center gap-3">
            <h2 className="text-xl">Your session is running</h2>
            <StatusBadge status="running" />
          </div>
          <p className="text-ink-muted text-sm">
            It runs until you stop it. Closing the editor’s tab does not end it.
          </p>
        </div>
        <div className="flex flex-wrap gap-2.5">
          {/* The editor's page is user content: it gets no handle on this window. */}
          <a
            href={session.url}
            target="_blank"
            rel="noopener noreferrer"
            className={buttonStyle({ tone: 'primary', size: 'large' })}
          >
            Open IDE
            <ExternalLink aria-hidden="true" className="size-4" />
          </a>
          <StopButton
            stop={() => stop.run(session)}
            isPending={stop.isPending}
            label="Stop"
            title="Stop this session?"
            confirmLabel="Stop session"
            cancelLabel="Keep running"
            tone="danger"
          >
            <p>
              Programs that run in it end, and what was not saved in the editor is lost. Every file
              in <code className="font-mono">/workspace</code> is kept, and a snapshot of it is
              taken.
            </p>
          </StopButton>
        </div>
      </div>
      {stop.error ? <FailureNotice failure={explain(stop.error)} role="alert" /> : null}
      <Facts>
        <Fact name="Address">
          <span className="break-all font-mono text-xs">{session.url}</span>
        </Fact>
        <Fact name="GPU">
          {session.gpu_id === null ? 'none' : gpuName(session.gpu_id, gpuMode)}
        </Fact>
        <Fact name="Running for">
          <span
            className="tabular-nums"
            title={formatTimestamp(session.started_at ?? session.created_at)}
          >
            {formatDuration(now - Date.parse(session.started_at ?? session.created_at))}
          </span>
        </Fact>
      </Facts>
    </div>
  )
}
