import type { Client } from '@medforge/client'
import { isActiveStatus, type Session } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'
import { pagedQuery } from '../../lib/api/paged-query.ts'

/** The event stream tells of changes at once; asking again is what holds when the stream cannot be opened. */
const ASK_AGAIN_MS = 5_000

export const sessionKeys = {
  all: ['sessions'] as const,
  shown: ['sessions', 'shown'] as const,
  history: ['sessions', 'history'] as const,
}

/**
 * The session that the dashboard speaks about: the active one, else the newest, else null.
 *
 * The newest is asked for after the active one, so that a session which has just ended is seen ended, never still running.
 */
export function shownSessionQuery(client: Client) {
  return queryOptions({
    queryKey: sessionKeys.shown,
    queryFn: async ({ signal }): Promise<Session | null> => {
      const active = await client.currentSession(signal)
      if (active) return active
      return (await client.listSessions({ limit: 1 }, signal)).items[0] ?? null
    },
    refetchInterval: (query) => {
      const session = query.state.data
      return session && isActiveStatus(session.status) ? ASK_AGAIN_MS : false
    },
  })
}

/** The caller's sessions, newest first. */
export function sessionHistoryQuery(client: Client) {
  return pagedQuery({ queryKey: sessionKeys.history, pageSize: 10, read: client.listSessions })
}
