import type { Client } from '@medforge/client'
import type { OwnSubmission, Submission, SubmissionAllowance } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'

const SCORING_POLL_MS = 1_500
/** Another tab, or a program with a token, may submit. */
const IDLE_POLL_MS = 10_000
/** A refused submission gives its slot back, and a day ends, without any event here. */
const ALLOWANCE_POLL_MS = 30_000
const RECENT = 200

export const submissionKeys = {
  /** Everything that a submission changes. */
  all: (slug: string) => ['submissions', slug] as const,
  mine: (slug: string) => ['submissions', slug, 'mine'] as const,
  allowance: (slug: string) => ['submissions', slug, 'allowance'] as const,
}

export function allowanceQuery(client: Client, slug: string) {
  return queryOptions({
    queryKey: submissionKeys.allowance(slug),
    queryFn: ({ signal }): Promise<SubmissionAllowance> => client.getAllowance(slug, signal),
    refetchInterval: ALLOWANCE_POLL_MS,
  })
}

/** The caller's submissions to a competition, newest first; polled while one waits for its score. */
export function mySubmissionsQuery(client: Client, slug: string) {
  return queryOptions({
    queryKey: submissionKeys.mine(slug),
    queryFn: async ({ signal }): Promise<OwnSubmission[]> =>
      (await client.listMySubmissions(slug, { limit: RECENT }, signal)).items,
    refetchInterval: (query) =>
      query.state.data?.some(isBeingScored) === true ? SCORING_POLL_MS : IDLE_POLL_MS,
  })
}

function isBeingScored({ score_status }: Submission): boolean {
  return score_status === 'queued' || score_status === 'scoring'
}
