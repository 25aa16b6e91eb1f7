'use client'

import type { AdminOverview as Overview } from '@medforge/contracts'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ErrorNotice } from '../../components/failure-notice.tsx'
import { Badge } from '../../components/ui/badge.tsx'
import { Card, CardBody, CardHeader } from '../../components/ui/card.tsx'
import { Fact, Facts } from '../../components/ui/facts.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { TimeAgo } from '../../components/ui/time-ago.tsx'
import { useApi } from '../../lib/api/browser.tsx'
import { formatCount } from '../../lib/format.ts'
import { AdminHealth, type Remedy } from './admin-health.tsx'
import { overviewQuery } from './admin-queries.ts'

/** The state of the installation at a glance; each figure leads to what is behind it. */
export function AdminOverview({ remedies }: { remedies: readonly Remedy[] }) {
  const query = useQuery(overviewQuery(useApi()))
  const overview = query.data
  return (
    <>
      <ErrorNotice error={query.error} />
      {overview ? (
        <>
          <AdminHealth health={overview.health} remedies={remedies} />
          <div className="grid items-start gap-6 md:grid-cols-2">
            <HostCard overview={overview} />
            <QueueCard queue={overview.queue} />
            <WorkersCard workers={overview.workers} />
            <UsersCard users={overview.users} />
          </div>
        </>
      ) : null}
    </>
  )
}

function HostCard({ overview: { gpus, sessions } }: { overview: Overview }) {
  return (
    <FigureCard title={gpus.mode === 'simulated' ? 'Simulated GPUs' : 'GPUs'} href="/admin/gpus">
      <Fact name="Free">
        {gpus.free} of {gpus.total}
      </Fact>
      <Fact name="Sessions starting">
        <TextLink href="/admin/sessions?status=starting">{sessions.starting}</TextLink>
      </Fact>
      <Fact name="Sessions running">
        <TextLink href="/admin/sessions?status=running">{sessions.running}</TextLink>
      </Fact>
      <Fact name="Sessions stopping">
        <TextLink href="/admin/sessions?status=stopping">{sessions.stopping}</TextLink>
      </Fact>
    </FigureCard>
  )
}

function QueueCard({ queue }: { queue: Overview['queue'] }) {
  return (
    <FigureCard title="Scoring queue" href="/admin/submissions">
      <Fact name="Waiting">
        <TextLink href="/admin/submissions?status=queued">{formatCount(queue.queued)}</TextLink>
      </Fact>
      <Fact name="Being scored">
        <TextLink href="/admin/submissions?status=scoring">{formatCount(queue.scoring)}</TextLink>
      </Fact>
      <Fact name="Oldest of them">
        {queue.oldest_created_at ? <TimeAgo at={queue.oldest_created_at} /> : 'none'}
      </Fact>
      <Fact name="Failed in the last 24 h">
        <TextLink href="/admin/submissions?status=failed">
          {formatCount(queue.failed_last_day)}
        </TextLink>
      </Fact>
    </FigureCard>
  )
}

function WorkersCard({ workers }: { workers: Overview['workers'] }) {
  return (
    <FigureCard title="Scoring workers">
      {workers.length === 0 ? (
        <p className="text-sm">
          None has reported yet: nothing is scored.{' '}
          <code className="font-mono">./medforge status</code> shows whether it runs.
        </p>
      ) : null}
      {workers.map(({ name, is_alive, last_seen_at }) => (
        <Fact key={name} name={<span className="break-all font-mono text-xs">{name}</span>}>
          <Badge tone={is_alive ? 'good' : 'bad'}>{is_alive ? 'Alive' : 'Silent'}</Badge>{' '}
          <span className="font-normal text-ink-muted">
            seen <TimeAgo at={last_seen_at} />
          </span>
        </Fact>
      ))}
    </FigureCard>
  )
}

function UsersCard({ users }: { users: Overview['users'] }) {
  return (
    <FigureCard title="Users" href="/admin/users">
      <Fact name="Accounts">{formatCount(users.total)}</Fact>
      <Fact name="Administrators">{formatCount(users.admins)}</Fact>
      <Fact name="Disabled">{formatCount(users.disabled)}</Fact>
    </FigureCard>
  )
}

function FigureCard(props: { title: string; href?: string; children: ReactNode }) {
  return (
    <Card aria-label={props.title}>
      <CardHeader
        title={props.title}
        aside={
          props.href ? (
            <TextLink href={props.href} aria-label={`Show ${props.title}`}>
              Show
            </TextLink>
          ) : null
        }
      />
      <CardBody>
        <Facts>{props.children}</Facts>
      </CardBody>
    </Card>
  )
}
