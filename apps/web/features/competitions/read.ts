import type { CompetitionDetail } from '@medforge/contracts'
import { cache } from 'react'
import type { Attempt } from '../../lib/api/attempt.ts'
import { readOrNotFound } from '../../lib/api/read-or-not-found.ts'
import { serverClient } from '../../lib/api/server.ts'

/** A competition for this request's layout, page and title: read once. */
export const readCompetition = cache(async (slug: string): Promise<Attempt<CompetitionDetail>> => {
  const client = await serverClient()
  return readOrNotFound(() => client.getCompetition(slug))
})
