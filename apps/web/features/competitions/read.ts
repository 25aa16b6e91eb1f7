import type { CompetitionDetail, LeaderboardEntry } from '@medforge/contracts'
import { cache } from 'react'
import { type Attempt, attempt } from '../../lib/api/attempt.ts'
import { readOrNotFound } from '../../lib/api/read-or-not-found.ts'
import { serverClient } from '../../lib/api/server.ts'

/** Read once a request, by layout, page and title. */
export const readCompetition = cache(async (slug: string): Promise<Attempt<CompetitionDetail>> => {
  const client = await serverClient()
  return readOrNotFound(() => client.getCompetition(slug))
})

/** The viewer's place in each of these competitions; without those in which they have no score or which could not be read. */
export async function readStandings(
  slugs: readonly string[],
): Promise<Record<string, LeaderboardEntry>> {
  const client = await serverClient()
  const standings: Record<string, LeaderboardEntry> = {}
  await Promise.all(
    slugs.map(async (slug) => {
      const standing = await attempt(() => client.getStanding(slug))
      if (standing.ok && standing.value.entry) standings[slug] = standing.value.entry
    }),
  )
  return standings
}
