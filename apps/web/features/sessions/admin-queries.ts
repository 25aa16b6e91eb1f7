import type { Client } from '@medforge/client'
import type { AdminSessionQuery } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'
import { ADMIN_KEY, ADMIN_POLL_MS } from '../../lib/api/admin-key.ts'
import { pagedQuery } from '../../lib/api/paged-query.ts'

export type SessionFilter = Pick<AdminSessionQuery, 'status' | 'user_id'>

export function adminGpusQuery(client: Client) {
  return queryOptions({
    queryKey: [...ADMIN_KEY, 'gpus'],
    queryFn: ({ signal }) => client.admin.listGpus(signal),
    refetchInterval: ADMIN_POLL_MS,
  })
}

/** Newest first. */
export function adminSessionsQuery(client: Client, filter: SessionFilter) {
  return pagedQuery({
    queryKey: [...ADMIN_KEY, 'sessions', filter],
    pageSize: 30,
    read: (page, signal) => client.admin.listSessions({ ...filter, ...page }, signal),
    refetchInterval: ADMIN_POLL_MS,
  })
}
