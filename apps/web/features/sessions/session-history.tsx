'use client'

import { type GpuMode, isActiveStatus, type Session } from '@medforge/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { Button } from '../../components/ui/button.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { Cell, DataTable, HeadCell } from '../../components/ui/data-table.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { explain } from '../../lib/api/failure.ts'
import { useServerNow } from '../../lib/clock.tsx'
import { formatAgo, formatDuration, formatTimestamp } from '../../lib/format.ts'
import { gpuName } from '../../lib/gpu.ts'
import { sessionHistoryQuery } from './queries.ts'
import { StatusBadge } from './status-badge.tsx'

/** Every session that the person ever had, newest first. */
export function SessionHistory({ gpuMode }: { gpuMode: GpuMode }) {
  const history = useInfiniteQuery(sessionHistoryQuery(useApi()))
  const sessions = history.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Card aria-labelledby="session-history">
      <CardHeader title="Your sessions" id="session-history" />
      {history.error ? (
        <div className="p-5">
          <FailureNotice failure={explain(history.error)} />
        </div>
      ) : null}
      {history.isSuccess && sessions.length === 0 ? (
        <EmptyState title="No sessions yet">
          <p>
            Launch one above; it appears here, with the snapshot that is taken when you stop it.
          </p>
        </EmptyState>
      ) : null}
      {sessions.length > 0 ? <HistoryTable sessions={sessions} gpuMode={gpuMode} /> : null}
      {history.hasNextPage ? (
        <div className="p-4 text-center">
          <Button
            size="small"
            busy={history.isFetchingNextPage}
            onClick={() => void history.fetchNextPage()}
          >
            Show older sessions
          </Button>
        </div>
      ) : null}
    </Card>
  )
}

function HistoryTable({ sessions, gpuMode }: { sessions: readonly Session[]; gpuMode: GpuMode }) {
  const now = useServerNow(15_000)
  return (
    <DataTable caption="Your sessions, newest first">
      <thead>
        <tr>
          <HeadCell>Session</HeadCell>
          <HeadCell>Status</HeadCell>
          <HeadCell>Launched</HeadCell>
          <HeadCell>Lasted</HeadCell>
          <HeadCell>GPU</HeadCell>
          <HeadCell>Snapshot or reason</HeadCell>
        </tr>
      </thead>
      <tbody className="[&_tr:last-child_td]:border-b-0">
        {sessions.map((session) => (
          <tr key={session.id}>
            <Cell className="font-mono text-xs leading-6">{session.slug}</Cell>
            <Cell>
              <StatusBadge status={session.status} />
            </Cell>
            <Cell className="whitespace-nowrap">
              <time dateTime={session.created_at} title={formatTimestamp(session.created_at)}>
                {formatAgo(session.created_at, now)}
              </time>
            </Cell>
            <Cell className="whitespace-nowrap tabular-nums">{lasted(session, now)}</Cell>
            <Cell className="whitespace-nowrap">
              {session.gpu_id === null ? '–' : gpuName(session.gpu_id, gpuMode)}
            </Cell>
            <Cell className="min-w-56">
              <Ending session={session} />
            </Cell>
          </tr>
        ))}
      </tbody>
    </DataTable>
  )
}

function Ending({ session }: { session: Session }) {
  return (
    <div className="space-y-1">
      {session.error_message ? <p>{session.error_message}</p> : null}
      {session.last_snapshot ? (
        <p className="break-all font-mono text-ink-muted text-xs leading-6">
          {snapshotLabel(session.last_snapshot.name)}
        </p>
      ) : null}
      {!session.error_message && !session.last_snapshot ? '–' : null}
    </div>
  )
}

/** The part after the `@`: the data set before it is as long as the row is wide, and the same in each. */
function snapshotLabel(name: string): string {
  const at = name.indexOf('@')
  return at === -1 ? name : name.slice(at)
}

function lasted(session: Session, now: number): string {
  if (session.started_at === null) return '–'
  const end = isActiveStatus(session.status)
    ? now
    : Date.parse(session.stopped_at ?? session.started_at)
  return formatDuration(end - Date.parse(session.started_at))
}
