import type { Page, PageQuery } from '@medforge/client'
import { infiniteQueryOptions, type QueryKey } from '@tanstack/react-query'

/** The query of a list that is read page by page; `data` has the items of all pages read so far. */
export function pagedQuery<Item>(options: {
  queryKey: QueryKey
  pageSize: number
  read: (query: PageQuery, signal: AbortSignal) => Promise<Page<Item[]>>
  /** Without it the list is read again only when it is invalidated. */
  refetchInterval?: number
}) {
  return infiniteQueryOptions({
    queryKey: options.queryKey,
    refetchInterval: options.refetchInterval ?? false,
    queryFn: ({ pageParam, signal }) =>
      options.read({ limit: options.pageSize, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ meta }) => meta.next_cursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  })
}
