import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { LoadFailure } from '../../components/load-failure.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { getViewer } from '../../features/identity/viewer.ts'
import { HealthNotice } from '../../features/platform/health-notice.tsx'
import { sessionHistoryQuery, shownSessionQuery } from '../../features/sessions/queries.ts'
import { SessionHistory } from '../../features/sessions/session-history.tsx'
import { SessionPanel } from '../../features/sessions/session-panel.tsx'
import { serverClient } from '../../lib/api/server.ts'
import { statusQuery } from '../../lib/api/status-query.ts'
import { loginAddress } from '../../lib/login-address.ts'

export const metadata: Metadata = { title: 'Dashboard' }

export default async function DashboardPage() {
  const viewer = await getViewer()
  if (viewer.kind === 'anonymous') redirect(loginAddress('/dashboard'))
  if (viewer.kind === 'unknown') {
    return (
      <PageShell className="pt-12">
        <LoadFailure failure={viewer.failure} />
      </PageShell>
    )
  }
  const client = await serverClient()
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await Promise.all([
    queryClient.prefetchQuery(statusQuery(client)),
    queryClient.prefetchQuery(shownSessionQuery(client)),
    queryClient.prefetchInfiniteQuery(sessionHistoryQuery(client)),
  ])
  return (
    <PageShell>
      <PageTitle title={`Hello, ${viewer.me.display_name}`} />
      <HydrationBoundary state={dehydrate(queryClient)}>
        <div className="space-y-6">
          <HealthNotice />
          <SessionPanel />
          <SessionHistory />
        </div>
      </HydrationBoundary>
    </PageShell>
  )
}
