import type { Client } from '@medforge/client'
import type { AdminSubmissionQuery } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'
import { ADMIN_KEY, ADMIN_POLL_MS } from '../../lib/api/admin-key.ts'
import { pagedQuery } from '../../lib/api/paged-query.ts'

export type SubmissionFilter = Pick<AdminSubmissionQuery, 'competition' | 'status' | 'q'>

/** Newest first. */
export function adminSubmissionsQuery(client: Client, filter: SubmissionFilter) {
  return pagedQuery({
    queryKey: [...ADMIN_KEY, 'submissions', filter],
    pageSize: 30,
    read: (page, signal) => client.admin.listSubmissions({ ...filter, ...page }, signal),
    refetchInterval: ADMIN_POLL_MS,
  })
}

const RESCORE_POLL_MS = 1_500
const PEOPLE_SHOWN = 100

export function probingQuery(client: Client, slug: string) {
  return queryOptions({
    queryKey: [...ADMIN_KEY, 'probing', slug],
    queryFn: async ({ signal }) =>
      (await client.admin.getProbing(slug, { limit: PEOPLE_SHOWN }, signal)).items,
  })
}

export function rescoreQuery(client: Client, slug: string) {
  return queryOptions({
    queryKey: [...ADMIN_KEY, 'rescore', slug],
    queryFn: ({ signal }) => client.admin.getRescore(slug, signal),
    refetchInterval: RESCORE_POLL_MS,
  })
}
