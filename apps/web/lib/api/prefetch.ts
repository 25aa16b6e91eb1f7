import type { Client } from '@medforge/client'
import { type DehydratedState, dehydrate, QueryClient } from '@tanstack/react-query'
import { serverClient } from './server.ts'

/** Runs queries on the server, for a `HydrationBoundary`. One that fails is left to the browser. */
export async function prefetch(
  read: (cache: QueryClient, client: Client) => Promise<unknown>,
): Promise<DehydratedState> {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  await read(cache, await serverClient())
  return dehydrate(cache)
}
