import type { Client } from '@medforge/client'
import type { AuditQuery } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'
import { ADMIN_KEY, ADMIN_POLL_MS } from '../../lib/api/admin-key.ts'
import { pagedQuery } from '../../lib/api/paged-query.ts'

export type AuditFilter = Pick<AuditQuery, 'action' | 'subject' | 'actor_user_id'>

export function overviewQuery(client: Client) {
  return queryOptions({
    queryKey: [...ADMIN_KEY, 'overview'],
    queryFn: ({ signal }) => client.admin.overview(signal),
    refetchInterval: ADMIN_POLL_MS,
  })
}

export function versionsQuery(client: Client) {
  return queryOptions({
    queryKey: [...ADMIN_KEY, 'versions'],
    queryFn: ({ signal }) => client.admin.versions(signal),
  })
}

/** Newest first. */
export function auditQuery(client: Client, filter: AuditFilter) {
  return pagedQuery({
    queryKey: [...ADMIN_KEY, 'audit', filter],
    pageSize: 50,
    read: (page, signal) => client.admin.listAuditEvents({ ...filter, ...page }, signal),
    refetchInterval: ADMIN_POLL_MS,
  })
}
