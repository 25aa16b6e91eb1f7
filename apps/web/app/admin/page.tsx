import type { Metadata } from 'next'
import { AdminOverview } from '../../features/platform/admin-overview.tsx'
import { overviewQuery } from '../../features/platform/admin-queries.ts'
import { readRemedies } from '../../features/platform/remedies.tsx'
import { AdminPage } from './admin-page.tsx'

export const metadata: Metadata = { title: 'Administration' }

export default async function AdminOverviewPage() {
  const remedies = await readRemedies()
  return (
    <AdminPage path="/admin" read={(cache, client) => cache.prefetchQuery(overviewQuery(client))}>
      <AdminOverview remedies={remedies} />
    </AdminPage>
  )
}
