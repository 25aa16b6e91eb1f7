'use client'

import { useRouter } from 'next/navigation'
import type { Failure } from '../lib/api/failure.ts'
import { FailureNotice } from './failure-notice.tsx'
import { Button } from './ui/button.tsx'

/** In place of content that the server could not read, with a button that loads the page again. */
export function LoadFailure({ failure }: { failure: Failure }) {
  const router = useRouter()
  return (
    <FailureNotice
      failure={failure}
      actions={
        <Button size="small" onClick={() => router.refresh()}>
          Try again
        </Button>
      }
    />
  )
}
