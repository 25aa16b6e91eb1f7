'use client'

import { useServerNow } from '../../lib/clock.tsx'
import { formatAgo, formatTimestamp } from '../../lib/format.ts'

/** How long ago something was; the exact time, in UTC, is a hover or a screen reader away. */
export function TimeAgo({ at }: { at: string }) {
  const now = useServerNow(30_000)
  return (
    <time dateTime={at} title={formatTimestamp(at)}>
      {formatAgo(at, now)}
    </time>
  )
}
