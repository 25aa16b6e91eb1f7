'use client'

import { isActiveStatus, type Session } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { CopyText } from '../../components/ui/copy-text.tsx'
import { Fact, Facts } from '../../components/ui/facts.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { statusQuery } from '../../lib/api/status-query.ts'
import { formatDuration, formatTimestamp } from '../../lib/format.ts'
import { gpuName } from '../../lib/gpu.ts'
import { EventLog } from './event-log.tsx'
import { OutcomeNotice } from './outcome-notice.tsx'
import { RunningView } from './running-view.tsx'
import { StartingView } from './starting-view.tsx'
import { StatusBadge } from './status-badge.tsx'
import { StoppingView } from './stopping-view.tsx'
import { useOneSession } from './use-session.ts'
import { useSessionEvents } from './use-session-events.ts'

/** Everything that is known of one session, live while it is active. */
export function SessionDetail({ id }: { id: string }) {
  const { session, readError, invalidate, stop } = useOneSession(id)
  // Also of one that has ended: the stream ends after its last event.
  const events = useSessionEvents(id, true, invalidate)
  const gpuMode = useQuery(statusQuery(useApi())).data?.gpus.mode ?? 'nvidia'
  return (
    <div className="space-y-6">
      <ErrorNotice error={readError} />
      {session ? (
        <>
          <Card aria-label="State">
            <CardBody className="space-y-6 p-5 sm:p-7">
              {session.status === 'starting' ? (
                <StartingView session={session} events={events} stop={stop} gpuMode={gpuMode} />
              ) : null}
              {session.status === 'running' ? (
                <RunningView session={session} stop={stop} gpuMode={gpuMode} />
              ) : null}
              {session.status === 'stopping' ? (
                <StoppingView session={session} events={events} gpuMode={gpuMode} />
              ) : null}
              {isActiveStatus(session.status) ? null : (
                <OutcomeNotice session={session} events={events} gpuMode={gpuMode} />
              )}
            </CardBody>
          </Card>
          <div className="grid items-start gap-6 lg:grid-cols-2">
            <Card aria-labelledby="facts">
              <CardHeader
                title="Facts"
                id="facts"
                aside={<StatusBadge status={session.status} />}
              />
              <CardBody>
                <SessionFacts
                  session={session}
                  gpu={session.gpu_id === null ? 'none' : gpuName(session.gpu_id, gpuMode)}
                />
              </CardBody>
            </Card>
            <EventLog events={events} gpuMode={gpuMode} />
          </div>
        </>
      ) : null}
    </div>
  )
}

function SessionFacts({ session, gpu }: { session: Session; gpu: string }) {
  const { created_at, started_at, stopped_at, last_snapshot, workspace_zfs } = session
  return (
    <Facts>
      <Fact name="GPU">{gpu}</Fact>
      <Fact name="Launched">
        <TimeAgo at={created_at} />
      </Fact>
      {started_at && stopped_at ? (
        <Fact name="Ran for">
          {formatDuration(Date.parse(stopped_at) - Date.parse(started_at))}
        </Fact>
      ) : null}
      {stopped_at ? <Fact name="Ended">{formatTimestamp(stopped_at)}</Fact> : null}
      {session.status_reason ? <Fact name="Reason">{session.status_reason}</Fact> : null}
      <Fact name="Workspace">
        <CopyText text={workspace_zfs} label="name of the workspace" />
      </Fact>
      {last_snapshot ? (
        <>
          <Fact name="Snapshot">
            <CopyText text={last_snapshot.name} label="name of the snapshot" />
          </Fact>
          <Fact name="Taken">{formatTimestamp(last_snapshot.created_at)}</Fact>
        </>
      ) : null}
    </Facts>
  )
}
