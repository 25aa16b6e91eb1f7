import type { Metadata } from 'next'
import { invitationsQuery } from '../../../features/identity/admin-queries.ts'
import { Invitations } from '../../../features/identity/invitations.tsx'
import { AdminPage } from '../admin-page.tsx'

export const metadata: Metadata = { title: 'Invitations' }

export default function InvitationsPage() {
  return (
    <AdminPage
      path="/admin/invitations"
      read={(cache, client) => cache.prefetchInfiniteQuery(invitationsQuery(client))}
    >
      <Invitations />
    </AdminPage>
  )
}
