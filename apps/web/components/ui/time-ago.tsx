'use client'

import { useServerNow } from '../../lib/clock.tsx'
import { formatAgo, formatTimestamp } from '../../lib/format.ts'

/** The exact time, in UTC, is in the title. */
export function TimeAgo({ at }: { at: string }) {
  const now = useServerNow(30_000)
  return (
    <time dateTime={at} title={formatTimestamp(at)}>
      {formatAgo(at, now)}
    </time>
  )
}
