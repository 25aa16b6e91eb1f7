import type { Client } from '@medforge/client'
import type { PlatformStatus } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'

const ASK_AGAIN_MS = 15_000

export const STATUS_KEY = ['status'] as const

/** What the host has free; shared by the server's prefetch and the pages that keep an eye on it. */
export function statusQuery(client: Client) {
  return queryOptions({
    queryKey: STATUS_KEY,
    queryFn: ({ signal }): Promise<PlatformStatus> => client.status(signal),
    refetchInterval: ASK_AGAIN_MS,
  })
}
