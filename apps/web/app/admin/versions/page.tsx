import type { Metadata } from 'next'
import { versionsQuery } from '../../../features/platform/admin-queries.ts'
import { VersionsCard } from '../../../features/platform/versions-card.tsx'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Versions' }

export default function VersionsPage() {
  return (
    <AdminPage
      path="/admin/versions"
      read={(cache, client) => cache.prefetchQuery(versionsQuery(client))}
    >
      <VersionsCard />
    </AdminPage>
  )
}
