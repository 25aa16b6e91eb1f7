import type { Client } from '@medforge/client'
import { isActiveStatus, type Session } from '@medforge/contracts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

/** The event stream tells of changes at once; asking again is what holds when the stream cannot be opened. */
const ASK_AGAIN_MS = 5_000
export const HISTORY_PAGE = 10

export const sessionKeys = {
  all: ['sessions'] as const,
  current: ['sessions', 'current'] as const,
  history: ['sessions', 'history'] as const,
}

/** The caller's active session, or null. Shared by the server's prefetch and the dashboard's hook. */
export function currentSessionQuery(client: Client) {
  return queryOptions({
    queryKey: sessionKeys.current,
    queryFn: ({ signal }): Promise<Session | null> => client.currentSession(signal),
    refetchInterval: (query) => {
      const session = query.state.data
      return session && isActiveStatus(session.status) ? ASK_AGAIN_MS : false
    },
  })
}

/** The caller's sessions, newest first, page by page. */
export function sessionHistoryQuery(client: Client) {
  return infiniteQueryOptions({
    queryKey: sessionKeys.history,
    queryFn: ({ pageParam, signal }) =>
      client.listSessions(
        { limit: HISTORY_PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.meta.next_cursor,
  })
}
