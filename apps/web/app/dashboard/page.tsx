import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { FailurePage } from '../../components/failure-page.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { readSignedIn } from '../../features/identity/viewer.ts'
import { HealthNotice } from '../../features/platform/health-notice.tsx'
import { prefetchSessions } from '../../features/sessions/prefetch-sessions.ts'
import { SessionHistory } from '../../features/sessions/session-history.tsx'
import { SessionPanel } from '../../features/sessions/session-panel.tsx'

export const metadata: Metadata = { title: 'Dashboard' }

export default async function DashboardPage() {
  const read = await readSignedIn('/dashboard')
  if (!read.ok) return <FailurePage failure={read.failure} />
  const state = await prefetchSessions()
  return (
    <PageShell>
      <PageTitle title={`Hello, ${read.value.display_name}`} />
      <HydrationBoundary state={state}>
        <div className="space-y-6">
          <HealthNotice />
          <SessionPanel />
          <SessionHistory />
        </div>
      </HydrationBoundary>
    </PageShell>
  )
}
