import type { Client } from '@medforge/client'
import { HydrationBoundary, type QueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { FailurePage } from '../../components/failure-page.tsx'
import { PageShell } from '../../components/ui/page-shell.tsx'
import { Tabs } from '../../components/ui/tabs.tsx'
import { readAdmin } from '../../features/identity/viewer.ts'
import { prefetch } from '../../lib/api/prefetch.ts'

const TABS = [
  { href: '/admin', text: 'Overview' },
  { href: '/admin/gpus', text: 'GPUs' },
  { href: '/admin/sessions', text: 'Sessions' },
  { href: '/admin/submissions', text: 'Submissions' },
  { href: '/admin/competitions', text: 'Competitions' },
  { href: '/admin/users', text: 'Users' },
  { href: '/admin/invitations', text: 'Invitations' },
  { href: '/admin/audit', text: 'Audit log' },
  { href: '/admin/versions', text: 'Versions' },
  { href: '/admin/runbook', text: 'Runbook' },
]

type AdminPageProps = {
  /** Of this page, without a query. */
  path: string
  /** The tab that it belongs to; its own where absent. */
  tab?: string
  /** What the page shows, read on the server. */
  read?: (cache: QueryClient, client: Client) => Promise<unknown>
  children: ReactNode
}

/** A page for administrators; anybody else is sent to log in, or gets the 403 page. */
export async function AdminPage({ path, tab = path, read, children }: AdminPageProps) {
  const viewer = await readAdmin(path)
  if (!viewer.ok) return <FailurePage failure={viewer.failure} />
  const state = read ? await prefetch(read) : null
  return (
    <PageShell>
      <h1 className="pt-8 pb-4 text-2xl sm:pt-12 sm:text-3xl">Administration</h1>
      <Tabs label="Administration" tabs={TABS} current={tab} />
      <HydrationBoundary state={state}>
        <div className="space-y-6 pt-6 sm:pt-8">{children}</div>
      </HydrationBoundary>
    </PageShell>
  )
}
