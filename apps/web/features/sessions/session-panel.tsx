'use client'

import { type GpuMode, isActiveStatus } from '@medforge/contracts'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Card, CardBody } from '../../components/ui/card.tsx'
import { explain } from '../../lib/api/failure.ts'
import { LaunchView } from './launch-view.tsx'
import { OutcomeNotice } from './outcome-notice.tsx'
import { RunningView } from './running-view.tsx'
import { StartingView, StoppingView } from './transit-views.tsx'
import { useLaunch, useShownSession, useStop } from './use-session.ts'
import { useSessionEvents } from './use-session-events.ts'

type SessionPanelProps = {
  gpuMode: GpuMode
  freeGpus: number | null
}

/** The one place of the dashboard where a session is launched, followed, opened and stopped. */
export function SessionPanel({ gpuMode, freeGpus }: SessionPanelProps) {
  const { session, readError, renew } = useShownSession()
  const isLive = session !== null && isActiveStatus(session.status)
  const events = useSessionEvents(session?.id ?? null, isLive, renew)
  const launch = useLaunch(renew)
  const stop = useStop(renew)

  return (
    <Card aria-label="Session">
      <CardBody className="space-y-5 p-5 sm:p-7">
        {readError ? <FailureNotice failure={explain(readError)} /> : null}
        {session?.status === 'starting' ? (
          <StartingView session={session} events={events} stop={stop} gpuMode={gpuMode} />
        ) : null}
        {session?.status === 'running' ? (
          <RunningView session={session} stop={stop} gpuMode={gpuMode} />
        ) : null}
        {session?.status === 'stopping' ? <StoppingView session={session} events={events} /> : null}
        {session && !isLive && !launch.error ? (
          <OutcomeNotice session={session} events={events} />
        ) : null}
        {launch.error ? <FailureNotice failure={explain(launch.error)} role="alert" /> : null}
        {isLive || readError ? null : (
          <LaunchView
            launch={launch}
            gpuMode={gpuMode}
            freeGpus={freeGpus}
            isFirst={session === null}
          />
        )}
      </CardBody>
    </Card>
  )
}
