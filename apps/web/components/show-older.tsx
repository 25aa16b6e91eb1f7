'use client'

import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { Button } from './ui/button.tsx'

type ShowOlderProps = {
  query: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>
  /** Plural, such as `sessions`. */
  items: string
}

/** Reads the next page of a list; renders nothing after the last one. */
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
