'use client'

import './globals.css'

/** For errors of the root layout, which this page therefore replaces. */
export default function GlobalErrorPage() {
  return (
    <html lang="en">
      <body>
        <title>MedForge</title>
        <main className="mx-auto w-full max-w-3xl px-6 pt-24">
          <h1 className="text-2xl">MedForge cannot show this page</h1>
          <p className="mt-3 text-ink-muted">
            The fault is ours; your sessions and submissions are not touched by it. Load the page
            again in a minute. If it lasts, tell the operator: <code>./medforge logs web</code> has
            the cause.
          </p>
        </main>
      </body>
    </html>
  )
}
