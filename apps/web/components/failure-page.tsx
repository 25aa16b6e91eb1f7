import type { Failure } from '../lib/api/failure.ts'
import { LoadFailure } from './load-failure.tsx'
import { PageShell } from './ui/page-shell.tsx'

/** A page whose content could not be read. */
export function FailurePage({ failure }: { failure: Failure }) {
  return (
    <PageShell className="pt-12">
      <LoadFailure failure={failure} />
    </PageShell>
  )
}
