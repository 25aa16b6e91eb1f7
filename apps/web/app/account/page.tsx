import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { LoadFailure } from '../../components/load-failure.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { loginsQuery } from '../../features/identity/logins-query.ts'
import { OwnLogins } from '../../features/identity/own-logins.tsx'
import { PasswordCard } from '../../features/identity/password-card.tsx'
import { ProfileCard } from '../../features/identity/profile-card.tsx'
import { getViewer } from '../../features/identity/viewer.ts'
import { serverClient } from '../../lib/api/server.ts'
import { loginAddress } from '../../lib/login-address.ts'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const viewer = await getViewer()
  if (viewer.kind === 'anonymous') redirect(loginAddress('/account'))
  if (viewer.kind === 'unknown') {
    return (
      <PageShell className="pt-12">
        <LoadFailure failure={viewer.failure} />
      </PageShell>
    )
  }
  const client = await serverClient()
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await queryClient.prefetchInfiniteQuery(loginsQuery(client))
  return (
    <PageShell width="text">
      <PageTitle title="Your account" lead={viewer.me.email} />
      <HydrationBoundary state={dehydrate(queryClient)}>
        <div className="space-y-6">
          <ProfileCard displayName={viewer.me.display_name} />
          <PasswordCard email={viewer.me.email} />
          <OwnLogins />
        </div>
      </HydrationBoundary>
    </PageShell>
  )
}
