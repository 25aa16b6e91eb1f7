import type { Client } from '@medforge/client'
import type { PlatformStatus } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'

const POLL_MS = 15_000

export const STATUS_KEY = ['status'] as const

export function statusQuery(client: Client) {
  return queryOptions({
    queryKey: STATUS_KEY,
    queryFn: ({ signal }): Promise<PlatformStatus> => client.status(signal),
    refetchInterval: POLL_MS,
  })
}
