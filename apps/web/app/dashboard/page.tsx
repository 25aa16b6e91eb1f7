import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { FailureNotice } from '../../components/failure-notice.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { loginAddress } from '../../features/identity/next-target.ts'
import { getViewer } from '../../features/identity/viewer.ts'
import { HealthNotice } from '../../features/platform/health-notice.tsx'
import { currentSessionQuery, sessionHistoryQuery } from '../../features/sessions/queries.ts'
import { SessionHistory } from '../../features/sessions/session-history.tsx'
import { SessionPanel } from '../../features/sessions/session-panel.tsx'
import { attempt } from '../../lib/api/attempt.ts'
import { serverClient } from '../../lib/api/server.ts'

export const metadata: Metadata = { title: 'Dashboard' }

export default async function DashboardPage() {
  const viewer = await getViewer()
  if (viewer.kind === 'anonymous') redirect(loginAddress('/dashboard'))
  if (viewer.kind === 'unknown') {
    return (
      <PageShell className="pt-12">
        <FailureNotice failure={viewer.failure} />
      </PageShell>
    )
  }
  const client = await serverClient()
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const [status] = await Promise.all([
    attempt(() => client.status()),
    queryClient.prefetchQuery(currentSessionQuery(client)),
    queryClient.prefetchInfiniteQuery(sessionHistoryQuery(client)),
  ])
  const gpuMode = status.ok ? status.value.gpus.mode : 'nvidia'
  return (
    <PageShell>
      <PageTitle title={`Hello, ${viewer.me.display_name}`} />
      <HydrationBoundary state={dehydrate(queryClient)}>
        <div className="space-y-6">
          {status.ok ? <HealthNotice status={status.value} /> : null}
          <SessionPanel gpuMode={gpuMode} freeGpus={status.ok ? status.value.gpus.free : null} />
          <SessionHistory gpuMode={gpuMode} />
        </div>
      </HydrationBoundary>
    </PageShell>
  )
}
