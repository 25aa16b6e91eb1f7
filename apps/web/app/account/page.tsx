import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { FailurePage } from '../../components/failure-page.tsx'
import { PageShell, PageTitle } from '../../components/ui/page-shell.tsx'
import { AccessTokens } from '../../features/identity/access-tokens.tsx'
import { accessTokensQuery } from '../../features/identity/access-tokens-query.ts'
import { loginsQuery } from '../../features/identity/logins-query.ts'
import { OwnLogins } from '../../features/identity/own-logins.tsx'
import { PasswordCard } from '../../features/identity/password-card.tsx'
import { ProfileCard } from '../../features/identity/profile-card.tsx'
import { readSignedIn } from '../../features/identity/viewer.ts'
import { prefetch } from '../../lib/api/prefetch.ts'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const read = await readSignedIn('/account')
  if (!read.ok) return <FailurePage failure={read.failure} />
  const me = read.value
  const state = await prefetch((cache, client) =>
    Promise.all([
      cache.prefetchInfiniteQuery(loginsQuery(client)),
      cache.prefetchInfiniteQuery(accessTokensQuery(client)),
    ]),
  )
  return (
    <PageShell width="text">
      <PageTitle title="Your account" lead={me.email} />
      <HydrationBoundary state={state}>
        <div className="space-y-6">
          <ProfileCard displayName={me.display_name} />
          <PasswordCard email={me.email} />
          <OwnLogins />
          <AccessTokens />
        </div>
      </HydrationBoundary>
    </PageShell>
  )
}
