import type { Client } from '@medforge/client'
import { infiniteQueryOptions } from '@tanstack/react-query'

const PAGE = 20

export const LOGINS_KEY = ['logins'] as const

/** The viewer's logins that go on, newest first, page by page. */
export function loginsQuery(client: Client) {
  return infiniteQueryOptions({
    queryKey: LOGINS_KEY,
    queryFn: ({ pageParam, signal }) =>
      client.listLogins(
        { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  })
}
