'use client'

import type { GpuMode } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { ErrorNotice, FailureNotice } from '../../components/failure-notice.tsx'
import { Card, CardBody } from '../../components/ui/card.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain, type Failure } from '../../lib/api/failure.ts'
import { statusQuery } from '../../lib/api/status-query.ts'
import { nameGpus } from '../../lib/gpu.ts'
import { LaunchView } from './launch-view.tsx'
import { OutcomeNotice } from './outcome-notice.tsx'
import { RunningView } from './running-view.tsx'
import { StartingView } from './starting-view.tsx'
import { StoppingView } from './stopping-view.tsx'
import { useSession } from './use-session.ts'
import { useSessionEvents } from './use-session-events.ts'

export function SessionPanel() {
  const { session, isActive, readError, invalidate, launch, stop } = useSession()
  const events = useSessionEvents(session?.id ?? null, isActive, invalidate)
  const gpus = useQuery(statusQuery(useApi())).data?.gpus
  const gpuMode = gpus?.mode ?? 'nvidia'
  const panel = useFocusOnStatusChange(session?.status ?? null)

  return (
    <Card aria-label="Current session" ref={panel} tabIndex={-1}>
      <CardBody className="space-y-6 p-5 sm:p-7">
        <ErrorNotice error={readError} />
        {launch.error ? (
          <FailureNotice failure={launchFailure(launch.error, gpuMode)} role="alert" />
        ) : null}
        {session?.status === 'starting' ? (
          <StartingView session={session} events={events} stop={stop} gpuMode={gpuMode} />
        ) : null}
        {session?.status === 'running' ? (
          <RunningView session={session} stop={stop} gpuMode={gpuMode} />
        ) : null}
        {session?.status === 'stopping' ? (
          <StoppingView session={session} events={events} gpuMode={gpuMode} />
        ) : null}
        {session && !isActive && !launch.error ? (
          <OutcomeNotice session={session} events={events} gpuMode={gpuMode} />
        ) : null}
        {isActive || readError ? null : (
          <LaunchView
            launch={launch}
            gpuMode={gpuMode}
            freeGpus={gpus?.free ?? null}
            isFirst={session === null}
          />
        )}
      </CardBody>
    </Card>
  )
}

function launchFailure(error: Error, gpuMode: GpuMode): Failure {
  const failure = explain(error)
  const { title, advice } = failure
  return {
    ...failure,
    title: nameGpus(title, gpuMode),
    advice: advice === null ? null : nameGpus(advice, gpuMode),
  }
}

/** Moves the focus to the panel when a change of status removes the button that had it. */
function useFocusOnStatusChange(status: string | null) {
  const panel = useRef<HTMLElement>(null)
  const before = useRef(status)
  useEffect(() => {
    const hasLostFocus = document.activeElement === document.body
    if (before.current !== status && hasLostFocus) panel.current?.focus({ preventScroll: true })
    before.current = status
  }, [status])
  return panel
}
