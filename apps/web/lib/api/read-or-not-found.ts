import { ApiError } from '@medforge/client'
import { notFound } from 'next/navigation'
import { type Attempt, attempt } from './attempt.ts'

/** Renders the not-found page where the API has nothing under the name in the page's address. */
export async function readOrNotFound<Value>(read: () => Promise<Value>): Promise<Attempt<Value>> {
  let isMissing = false
  const result = await attempt(() =>
    read().catch((error: unknown) => {
      isMissing = error instanceof ApiError && (error.status === 404 || error.status === 422)
      throw error
    }),
  )
  if (isMissing) notFound()
  return result
}
