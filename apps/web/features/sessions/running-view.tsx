'use client'

import type { GpuMode, Session } from '@medforge/contracts'
import { ExternalLink } from 'lucide-react'
import type { ReactNode } from 'react'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { buttonStyle } from '../../components/ui/button.tsx'
import { CopyText } from '../../components/ui/copy-text.tsx'
import { useServerNow } from '../../lib/clock.tsx'
import { formatDuration, formatTimestamp } from '../../lib/format.ts'
import { gpuName } from '../../lib/gpu.ts'
import { StopRunning } from './stop-running.tsx'
import type { StopAction } from './use-session.ts'

type RunningViewProps = { session: Session; stop: StopAction; gpuMode: GpuMode }

export function RunningView({ session, stop, gpuMode }: RunningViewProps) {
  const now = useServerNow(1000)
  const startedAt = session.started_at ?? session.created_at
  return (
    <div className="space-y-6">
      <div className="flex flex-wrap items-center justify-between gap-x-8 gap-y-5">
        <div className="space-y-1.5">
          <h2 className="text-xl">Your session is running</h2>
          <p className="text-ink-muted text-sm">
            It runs until you stop it. Closing the editor’s tab does not end it.
          </p>
        </div>
        <div className="flex flex-wrap gap-2.5">
          {/* The editor's page is user content, so it gets no handle on this window. */}
          <a
            href={session.url}
            target="_blank"
            rel="noopener noreferrer"
            className={buttonStyle({ tone: 'primary', size: 'large' })}
          >
            Open IDE
            <ExternalLink aria-hidden="true" className="size-4" />
          </a>
          <StopRunning session={session} stop={stop} />
        </div>
      </div>
      <ErrorNotice error={stop.error} role="alert" />
      <dl className="grid gap-x-8 gap-y-4 border-line border-t pt-5 text-sm sm:grid-cols-[auto_auto_1fr]">
        <Detail name="GPU">
          {session.gpu_id === null ? 'none' : gpuName(session.gpu_id, gpuMode)}
        </Detail>
        <Detail name="Running for">
          <span className="tabular-nums" title={formatTimestamp(startedAt)}>
            {formatDuration(now - Date.parse(startedAt))}
          </span>
        </Detail>
        <Detail name="Address">
          <CopyText text={session.url} label="address" />
        </Detail>
      </dl>
    </div>
  )
}

function Detail({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-32">
      <dt className="text-ink-muted">{name}</dt>
      <dd className="mt-0.5 font-medium leading-7">{children}</dd>
    </div>
  )
}
