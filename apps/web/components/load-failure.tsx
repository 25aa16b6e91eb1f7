'use client'

import { useRouter } from 'next/navigation'
import type { Failure } from '../lib/api/failure.ts'
import { FailureNotice } from './failure-notice.tsx'
import { Button } from './ui/button.tsx'

/** Stands where a page's content would be: why it could not be read, and a way to read it again. */
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
