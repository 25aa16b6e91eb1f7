import type { Client } from '@medforge/client'
import type { Submission } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'

const SCORING_POLL_MS = 1_500
/** More than any competition's cap, so that today's are among them. */
const RECENT = 200

export const submissionKeys = {
  mine: (slug: string) => ['submissions', slug] as const,
}

/** The caller's submissions to a competition, newest first; followed closely while one waits for its score. */
export function mySubmissionsQuery(client: Client, slug: string) {
  return queryOptions({
    queryKey: submissionKeys.mine(slug),
    queryFn: async ({ signal }): Promise<Submission[]> =>
      (await client.listMySubmissions(slug, { limit: RECENT }, signal)).items,
    refetchInterval: (query) =>
      query.state.data?.some(isBeingScored) === true ? SCORING_POLL_MS : false,
  })
}

function isBeingScored({ score_status }: Submission): boolean {
  return score_status === 'queued' || score_status === 'scoring'
}
