import { prefetch } from '../../lib/api/prefetch.ts'
import { statusQuery } from '../../lib/api/status-query.ts'
import { sessionHistoryQuery, shownSessionQuery } from './queries.ts'

/** What a page of one's own sessions shows first. */
export function prefetchSessions() {
  return prefetch((cache, client) =>
    Promise.all([
      cache.prefetchQuery(statusQuery(client)),
      cache.prefetchQuery(shownSessionQuery(client)),
      cache.prefetchInfiniteQuery(sessionHistoryQuery(client)),
    ]),
  )
}
