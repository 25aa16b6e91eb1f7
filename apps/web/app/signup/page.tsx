import type { SignupMode } from '@medforge/contracts'
import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { Notice } from '../../components/ui/notice.tsx'
import { TextLink } from '../../components/ui/text-link.tsx'
import { webConfig } from '../../config/env.ts'
import { CredentialsCard } from '../../features/identity/credentials-card.tsx'
import { nextTarget } from '../../features/identity/next-target.ts'
import { SignupForm } from '../../features/identity/signup-form.tsx'
import { getViewer } from '../../features/identity/viewer.ts'
import { attempt } from '../../lib/api/attempt.ts'
import { serverClient } from '../../lib/api/server.ts'
import { loginAddress } from '../../lib/login-address.ts'

export const metadata: Metadata = { title: 'Sign up' }

type SignupPageProps = {
  searchParams: Promise<{ next?: string | string[]; invitation?: string | string[] }>
}

const LEADS: Record<SignupMode, string> = {
  open: 'It takes an e-mail and a password. Nothing is sent to that address.',
  invite: 'This MedForge takes new accounts by invitation. Nothing is sent to your address.',
  closed: 'This MedForge takes no new accounts at present.',
}

export default async function SignupPage({ searchParams }: SignupPageProps) {
  const { next, invitation } = await searchParams
  const target = nextTarget(next, webConfig().domain)
  const viewer = await getViewer()
  if (viewer.kind === 'signed-in') redirect(target)
  const mode = await readSignupMode()
  return (
    <CredentialsCard
      title={mode === 'closed' ? 'Sign-up is closed' : 'Create your account'}
      lead={LEADS[mode]}
      footer={
        <>
          Already have an account? <TextLink href={loginAddress(target)}>Go to log-in</TextLink>
        </>
      }
    >
      {mode === 'closed' ? (
        <Notice tone="info" title="Ask the operator for an account">
          <p>Whoever runs this MedForge can make one for you, or open sign-up again.</p>
        </Notice>
      ) : (
        <SignupForm target={target} invitation={mode === 'invite' ? codeOf(invitation) : null} />
      )}
    </CredentialsCard>
  )
}

/** `open` where unknown: the API refuses what it does not allow. */
async function readSignupMode(): Promise<SignupMode> {
  const client = await serverClient()
  const status = await attempt(() => client.status())
  return status.ok ? status.value.signup_mode : 'open'
}

function codeOf(invitation: string | string[] | undefined): string {
  return typeof invitation === 'string' ? invitation.slice(0, 100) : ''
}
