'use client'

import { type GpuMode, isActiveStatus, type Session } from '@medforge/contracts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { statusQuery } from '../../lib/api/status-query.ts'
import { formatDuration } from '../../lib/format.ts'
import { gpuName } from '../../lib/gpu.ts'
import { sessionHistoryQuery } from './queries.ts'
import { StatusBadge } from './status-badge.tsx'

export function SessionHistory() {
  const client = useApi()
  const history = useInfiniteQuery(sessionHistoryQuery(client))
  const gpuMode = useQuery(statusQuery(client)).data?.gpus.mode ?? 'nvidia'
  const sessions = history.data ?? []
  return (
    <Card aria-labelledby="session-history">
      <CardHeader title="Your sessions" id="session-history" />
      <ErrorNotice error={history.error} className="m-5" />
      {history.isSuccess && sessions.length === 0 ? (
        <EmptyState title="No sessions yet">
          <p>
            Launch one above; it appears here, with the snapshot that is taken when you stop it.
          </p>
        </EmptyState>
      ) : null}
      {sessions.length > 0 ? (
        <ul aria-labelledby="session-history" className="divide-y divide-line">
          {sessions.map((session) => (
            <HistoryRow key={session.id} session={session} gpuMode={gpuMode} />
          ))}
        </ul>
      ) : null}
      <ShowOlder query={history} items="sessions" />
    </Card>
  )
}

function HistoryRow({ session, gpuMode }: { session: Session; gpuMode: GpuMode }) {
  const lasted = lastedMs(session)
  return (
    <li className="grid gap-x-6 gap-y-1.5 px-5 py-4 text-sm md:grid-cols-[12.5rem_minmax(0,1fr)_minmax(0,1.4fr)]">
      <div className="flex items-center gap-3 self-start">
        <TextLink href={`/sessions/${session.id}`} className="font-mono">
          {session.slug}
        </TextLink>
        <StatusBadge status={session.status} />
      </div>
      <p className="text-ink-muted">
        <TimeAgo at={session.created_at} />
        {lasted === null ? null : `, for ${formatDuration(lasted)}`}
        {session.gpu_id === null ? null : `, on ${gpuName(session.gpu_id, gpuMode)}`}
      </p>
      <div className="min-w-0 space-y-1">
        {session.error_message ? <p>{session.error_message}</p> : null}
        {session.last_snapshot ? (
          <p className="break-all" title={session.last_snapshot.name}>
            <span className="text-ink-muted">Snapshot</span>{' '}
            <span className="font-mono text-xs">{snapshotLabel(session.last_snapshot.name)}</span>
          </p>
        ) : null}
      </div>
    </li>
  )
}

/** Without the data set, which is long and nearly the same in each row. */
function snapshotLabel(name: string): string {
  return name.slice(name.indexOf('@') + 1)
}

/** Null while it runs and for one that never ran. */
function lastedMs({ status, started_at, stopped_at }: Session): number | null {
  if (isActiveStatus(status) || started_at === null || stopped_at === null) return null
  return Date.parse(stopped_at) - Date.parse(started_at)
}
