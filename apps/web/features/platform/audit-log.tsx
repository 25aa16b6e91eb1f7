'use client'

import type { AuditEvent } from '@medforge/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { ShowOlder } from '../../components/show-older.tsx'
import { Card, CardHeader } from '../../components/ui/card.tsx'
import { EmptyState } from '../../components/ui/empty-state.tsx'
import { Row, RowList } from '../../components/ui/row-list.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { formatTimestamp } from '../../lib/format.ts'
import { type AuditFilter, auditQuery } from './admin-queries.ts'
import { actionText, actorText, detailText, subjectPage } from './audit-texts.ts'

/** Who used which right on what. */
export function AuditLog({ filter }: { filter: AuditFilter }) {
  const events = useInfiniteQuery(auditQuery(useApi(), filter))
  const shown = events.data ?? []
  return (
    <Card aria-labelledby="audit">
      <CardHeader title="Audit log" id="audit" aside="newest first" />
      <ErrorNotice error={events.error} className="m-5" />
      {events.isSuccess && shown.length === 0 ? (
        <EmptyState title="Nothing like that was done">
          <p>
            <TextLink href="/admin/audit">Show everything</TextLink>
          </p>
        </EmptyState>
      ) : null}
      <RowList label="Audit log">
        {shown.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </RowList>
      <ShowOlder query={events} items="entries" />
    </Card>
  )
}

function EventRow({ event }: { event: AuditEvent }) {
  const { at, actor_user_id, action, subject, detail, request_id } = event
  const page = subjectPage(event)
  const by = actorText(event)
  return (
    <Row
      title={
        <>
          <span>{actionText(action)}</span>
          <span className="font-normal text-ink-muted">
            by{' '}
            {actor_user_id ? (
              <TextLink href={`/admin/audit?by=${actor_user_id}`}>{by}</TextLink>
            ) : (
              by
            )}
          </span>
        </>
      }
      facts={
        <>
          <TimeAgo at={at} />, {formatTimestamp(at)}
        </>
      }
      notes={
        <>
          <p className="break-all text-ink-muted">
            <span className="font-mono text-xs">{action}</span>{' '}
            {page ? (
              <TextLink href={page} className="font-mono text-xs">
                {subject}
              </TextLink>
            ) : (
              <span className="font-mono text-xs">{subject}</span>
            )}
          </p>
          {detail ? <p className="break-words">{detailText(detail)}</p> : null}
          {request_id ? (
            <p className="break-all text-ink-muted text-xs">
              Request <code className="font-mono">{request_id}</code>
            </p>
          ) : null}
        </>
      }
    />
  )
}
