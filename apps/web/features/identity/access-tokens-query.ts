import type { Client } from '@medforge/client'
import { pagedQuery } from '../../lib/api/paged-query.ts'

export const ACCESS_TOKENS_KEY = ['access-tokens'] as const

/** Newest first. */
export function accessTokensQuery(client: Client) {
  return pagedQuery({ queryKey: ACCESS_TOKENS_KEY, pageSize: 20, read: client.listAccessTokens })
}
