import type { Client } from '@medforge/client'
import { isActiveStatus, type Session } from '@medforge/contracts'
import { queryOptions } from '@tanstack/react-query'
import { pagedQuery } from '../../lib/api/paged-query.ts'

/** For where the event stream, which is faster, cannot be opened. */
const POLL_MS = 5_000

export const sessionKeys = {
  all: ['sessions'] as const,
  shown: ['sessions', 'shown'] as const,
  history: ['sessions', 'history'] as const,
}

/**
 * The session that the dashboard shows: the active one, else the newest, else null.
 *
 * The newest is read after the active one, so that a session which has just ended is never shown as running.
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
      return session && isActiveStatus(session.status) ? POLL_MS : false
    },
  })
}

/** Any session that the viewer may see. */
export function oneSessionQuery(client: Client, id: string) {
  return queryOptions({
    queryKey: [...sessionKeys.all, 'one', id],
    queryFn: ({ signal }): Promise<Session> => client.getSession(id, signal),
    refetchInterval: ({ state }) =>
      state.data && isActiveStatus(state.data.status) ? POLL_MS : false,
  })
}

/** Newest first. */
export function sessionHistoryQuery(client: Client) {
  return pagedQuery({ queryKey: sessionKeys.history, pageSize: 10, read: client.listSessions })
}
