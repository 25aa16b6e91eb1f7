'use client'

import { type AdminSession, isActiveStatus } from '@medforge/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { ChangeButton } from '../../components/change-button.tsx'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { adminSessionsQuery, type SessionFilter } from './admin-queries.ts'
import { StatusBadge } from './status-badge.tsx'

/** Everybody's sessions, each with its reason and a stop that keeps its files. */
export function AdminSessions({ filter }: { filter: SessionFilter }) {
  const sessions = useInfiniteQuery(adminSessionsQuery(useApi(), filter))
  const shown = sessions.data ?? []
  return (
    <Card aria-labelledby="sessions">
      <CardHeader title="Sessions" id="sessions" aside="newest first" />
      <ErrorNotice error={sessions.error} className="m-5" />
      {sessions.isSuccess && shown.length === 0 ? (
        <EmptyState title="No session is like that">
          <p>
            <TextLink href="/admin/sessions">Show all sessions</TextLink>
          </p>
        </EmptyState>
      ) : null}
      <RowList label="Sessions">
        {shown.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </RowList>
      <ShowOlder query={sessions} items="sessions" />
    </Card>
  )
}

function SessionRow({ session }: { session: AdminSession }) {
  const client = useApi()
  const { id, slug, status, user_email, gpu_id, status_reason, error_message } = session
  const canStop = isActiveStatus(status) && status !== 'stopping'
  return (
    <Row
      title={
        <>
          <TextLink href={`/sessions/${id}`} className="font-mono">
            {slug}
          </TextLink>
          <StatusBadge status={status} />
          <TextLink href={`/admin/users?q=${session.user_id}`}>{user_email}</TextLink>
        </>
      }
      facts={
        <>
          Launched <TimeAgo at={session.created_at} />
          {gpu_id === null ? null : `, on GPU ${gpu_id}`}
          {session.stopped_at ? (
            <>
              , ended <TimeAgo at={session.stopped_at} />
            </>
          ) : null}
        </>
      }
      notes={
        <>
          {status_reason ? <p>{status_reason}</p> : null}
          {error_message && error_message !== status_reason ? <p>{error_message}</p> : null}
        </>
      }
      actions={
        canStop ? (
          <ChangeButton
            label="Stop"
            name={`Stop ${slug} of ${user_email}`}
            tone="danger"
            title={`Stop the session of ${user_email}?`}
            confirmLabel="Stop it"
            cancelLabel="Let it run"
            change={() => client.stopSession(id)}
          >
            <p>
              Programs that run in it end, and what was not saved in the editor is lost. Every file
              in its workspace is kept, a snapshot of it is taken, and its GPU is free afterwards.
            </p>
          </ChangeButton>
        ) : null
      }
    />
  )
}
