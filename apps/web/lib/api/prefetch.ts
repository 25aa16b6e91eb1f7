import type { Client } from '@medforge/client'
import { type DehydratedState, dehydrate, QueryClient } from '@tanstack/react-query'
import { serverClient } from './server.ts'

/** What `read` has put into a cache, for a `HydrationBoundary`. A read that fails is left out, and the browser tries it again. */
export async function prefetch(
  read: (cache: QueryClient, client: Client) => Promise<unknown>,
): Promise<DehydratedState> {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await read(cache, await serverClient())
  return dehydrate(cache)
}
