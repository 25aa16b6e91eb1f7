'use client'

import { Link } from '../components/link.tsx'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { PageShell } from '../components/ui/page-shell.tsx'

type ErrorPageProps = { error: unknown; retry: () => void }

/** For errors that no page handles. The digest leads to the error in the server's log. */
export default function ErrorPage({ error, retry }: ErrorPageProps) {
  const digest = digestOf(error)
  return (
    <PageShell width="text" className="pt-16 sm:pt-24">
      <h1 className="text-2xl sm:text-3xl">This page broke</h1>
      <p className="mt-3 text-ink-muted">
        The fault is ours; your sessions and submissions are not touched by it. Try again, and if it
        happens again, tell the operator{digest ? ' this number' : ''}.
      </p>
      {digest ? <p className="mt-3 font-mono text-sm">{digest}</p> : null}
      <div className="mt-7 flex flex-wrap gap-3">
        <Button tone="primary" onClick={retry}>
          Try again
        </Button>
        <Link href="/" className={buttonStyle({ tone: 'quiet' })}>
          Go to the start page
        </Link>
      </div>
    </PageShell>
  )
}

function digestOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('digest' in error)) return null
  return typeof error.digest === 'string' ? error.digest : null
}
