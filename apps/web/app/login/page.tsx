import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { TextLink } from '../../components/ui/text-link.tsx'
import { webConfig } from '../../config/env.ts'
import { CredentialsCard } from '../../features/identity/credentials-card.tsx'
import { LoginForm } from '../../features/identity/login-form.tsx'
import { nextTarget } from '../../features/identity/next-target.ts'
import { getViewer } from '../../features/identity/viewer.ts'
import { DEFAULT_TARGET, signupAddress } from '../../lib/login-address.ts'

export const metadata: Metadata = { title: 'Log in' }

type LoginPageProps = {
  searchParams: Promise<{ next?: string | string[]; signed_out?: string | string[] }>
}

export default async function LoginPage({ searchParams }: LoginPageProps) {
  const { next, signed_out } = await searchParams
  const target = nextTarget(next, webConfig().domain)
  const viewer = await getViewer()
  if (viewer.kind === 'signed-in') redirect(target)
  return (
    <CredentialsCard
      title="Welcome back"
      lead={signed_out ? 'Signed out.' : leadFor(target)}
      footer={
        <>
          New here? <TextLink href={signupAddress(target)}>Create an account</TextLink>
        </>
      }
    >
      <LoginForm
        target={target}
        hasStaleCookie={viewer.kind === 'anonymous' && viewer.hasStaleCookie}
      />
    </CredentialsCard>
  )
}

function leadFor(target: string): string {
  if (target.startsWith('https://')) return 'Log in, and you are taken back to your session.'
  if (target === DEFAULT_TARGET) return 'Log in to your dashboard.'
  return 'Log in, and you are taken back to where you were.'
}
