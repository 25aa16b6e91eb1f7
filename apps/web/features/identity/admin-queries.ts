import type { Client } from '@medforge/client'
import type { AdminUserQuery } from '@medforge/contracts'
import { ADMIN_KEY, ADMIN_POLL_MS } from '../../lib/api/admin-key.ts'
import { pagedQuery } from '../../lib/api/paged-query.ts'

export type UserFilter = Pick<AdminUserQuery, 'q'>

/** Newest first. */
export function adminUsersQuery(client: Client, filter: UserFilter) {
  return pagedQuery({
    queryKey: [...ADMIN_KEY, 'users', filter],
    pageSize: 30,
    read: (page, signal) => client.admin.listUsers({ ...filter, ...page }, signal),
    refetchInterval: ADMIN_POLL_MS,
  })
}

/** Newest first. */
export function invitationsQuery(client: Client) {
  return pagedQuery({
    queryKey: [...ADMIN_KEY, 'invitations'],
    pageSize: 30,
    read: client.admin.listInvitations,
    refetchInterval: ADMIN_POLL_MS,
  })
}
