'use client'

import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { Button } from './ui/button.tsx'

type ShowOlderProps = {
  query: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>
  /** What the list is of, such as `sessions`. */
  items: string
}

/** The foot of a list that is read page by page; nothing once all of it is there. */
export function ShowOlder({ query, items }: ShowOlderProps) {
  if (!query.hasNextPage) return null
  return (
    <div className="border-line border-t p-4 text-center">
      <Button
        size="small"
        busy={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        Show older {items}
      </Button>
    </div>
  )
}
