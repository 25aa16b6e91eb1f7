import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { TextLink } from '../../components/ui/text-link.tsx'
import { webConfig } from '../../config/env.ts'
import { CredentialsCard } from '../../features/identity/credentials-card.tsx'
import { loginAddress, nextTarget } from '../../features/identity/next-target.ts'
import { SignupForm } from '../../features/identity/signup-form.tsx'
import { getViewer } from '../../features/identity/viewer.ts'

export const metadata: Metadata = { title: 'Sign up' }

type SignupPageProps = { searchParams: Promise<{ next?: string | string[] }> }

export default async function SignupPage({ searchParams }: SignupPageProps) {
  const target = nextTarget((await searchParams).next, webConfig().domain)
  const viewer = await getViewer()
  if (viewer.kind === 'signed-in') redirect(target)
  return (
    <CredentialsCard
      title="Create your account"
      lead="It takes an e-mail and a password. Nothing is sent to that address."
      footer={
        <>
          Already have an account? <TextLink href={loginAddress(target)}>Go to log-in</TextLink>
        </>
      }
    >
      <SignupForm target={target} />
    </CredentialsCard>
  )
}
