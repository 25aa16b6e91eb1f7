import type { CompetitionDetail } from '@medforge/contracts'
import { cache } from 'react'
import type { Attempt } from '../../lib/api/attempt.ts'
import { readOrNotFound } from '../../lib/api/read-or-not-found.ts'
import { serverClient } from '../../lib/api/server.ts'

/** Read once a request, by layout, page and title. */
export const readCompetition = cache(async (slug: string): Promise<Attempt<CompetitionDetail>> => {
  const client = await serverClient()
  return readOrNotFound(() => client.getCompetition(slug))
})
