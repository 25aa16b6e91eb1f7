import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { FailurePage } from '../../../components/failure-page.tsx'
import { PageShell, PageTitle } from '../../../components/ui/page-shell.tsx'
import { TextLink } from '../../../components/ui/text-link.tsx'
import { readSignedIn } from '../../../features/identity/viewer.ts'
import { oneSessionQuery } from '../../../features/sessions/queries.ts'
import { SessionDetail } from '../../../features/sessions/session-detail.tsx'
import { prefetch } from '../../../lib/api/prefetch.ts'
import { readOrNotFound } from '../../../lib/api/read-or-not-found.ts'
import { serverClient } from '../../../lib/api/server.ts'
import { statusQuery } from '../../../lib/api/status-query.ts'

export const metadata: Metadata = { title: 'Session' }

type SessionPageProps = { params: Promise<{ id: string }> }

export default async function SessionPage({ params }: SessionPageProps) {
  const { id } = await params
  const viewer = await readSignedIn(`/sessions/${id}`)
  if (!viewer.ok) return <FailurePage failure={viewer.failure} />
  const client = await serverClient()
  const session = await readOrNotFound(() => client.getSession(id))
  if (!session.ok) return <FailurePage failure={session.failure} />
  const isOwn = session.value.user_id === viewer.value.user_id
  const state = await prefetch((cache, reader) => {
    cache.setQueryData(oneSessionQuery(reader, id).queryKey, session.value)
    return cache.prefetchQuery(statusQuery(reader))
  })
  return (
    <PageShell>
      <PageTitle
        title={<span className="font-mono">{session.value.slug}</span>}
        lead={
          isOwn ? (
            <TextLink href="/sessions">All your sessions</TextLink>
          ) : (
            <>
              Somebody else’s session.{' '}
              <TextLink href={`/admin/users?q=${session.value.user_id}`}>Its owner</TextLink>
            </>
          )
        }
      />
      <HydrationBoundary state={state}>
        <SessionDetail id={id} />
      </HydrationBoundary>
    </PageShell>
  )
}
