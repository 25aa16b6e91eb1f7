import type { ReactNode } from 'react'
import { Link } from './link.tsx'
import { buttonStyle } from './ui/button.tsx'
import { PageShell } from './ui/page-shell.tsx'

type StatusPageProps = { status: number; title: string; children: ReactNode }

/** In place of a page that there is not, or not for this person: why, and two ways on. */
export function StatusPage({ status, title, children }: StatusPageProps) {
  return (
    <PageShell width="text" className="pt-16 sm:pt-24">
      <p className="font-mono text-ink-muted text-sm">{status}</p>
      <h1 className="mt-2 text-2xl sm:text-3xl">{title}</h1>
      <div className="mt-3 text-ink-muted">{children}</div>
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
