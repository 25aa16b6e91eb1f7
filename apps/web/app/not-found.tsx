import type { Metadata } from 'next'
import { Link } from '../components/link.tsx'
import { buttonStyle } from '../components/ui/button.tsx'
import { PageShell } from '../components/ui/page-shell.tsx'

export const metadata: Metadata = { title: 'Not found' }

export default function NotFoundPage() {
  return (
    <PageShell width="text" className="pt-16 sm:pt-24">
      <p className="font-mono text-ink-muted text-sm">404</p>
      <h1 className="mt-2 text-2xl sm:text-3xl">There is no page at this address</h1>
      <p className="mt-3 text-ink-muted">
        It may have been mistyped, or what it named is gone. If a link of MedForge led you here,
        tell the operator which one.
      </p>
      <div className="mt-7 flex flex-wrap gap-3">
        <Link href="/competitions" className={buttonStyle({ tone: 'primary' })}>
          Browse competitions
        </Link>
        <Link href="/dashboard" className={buttonStyle({ tone: 'quiet' })}>
          Go to your dashboard
        </Link>
      </div>
    </PageShell>
  )
}
