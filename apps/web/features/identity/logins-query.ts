import type { Client } from '@medforge/client'
import { pagedQuery } from '../../lib/api/paged-query.ts'

export const LOGINS_KEY = ['logins'] as const

/** Newest first. */
export function loginsQuery(client: Client) {
  return pagedQuery({ queryKey: LOGINS_KEY, pageSize: 20, read: client.listLogins })
}
