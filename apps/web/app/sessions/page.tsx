import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { FailurePage } from '../../components/failure-page.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { readSignedIn } from '../../features/identity/viewer.ts'
import { prefetchSessions } from '../../features/sessions/prefetch-sessions.ts'
import { SessionControl } from '../../features/sessions/session-control.tsx'
import { SessionHistory } from '../../features/sessions/session-history.tsx'

export const metadata: Metadata = { title: 'Sessions' }

export default async function SessionsPage() {
  const read = await readSignedIn('/sessions')
  if (!read.ok) return <FailurePage failure={read.failure} />
  const state = await prefetchSessions()
  return (
    <PageShell>
      <PageTitle title="Sessions" />
      <HydrationBoundary state={state}>
        <div className="space-y-6">
          <SessionControl me={read.value} />
          <SessionHistory />
        </div>
      </HydrationBoundary>
    </PageShell>
  )
}
