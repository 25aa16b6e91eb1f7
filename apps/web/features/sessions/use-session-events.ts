'use client'

import type { SessionEvent } from '@medforge/contracts'
import { useEffect, useState } from 'react'
import { useApi } from '../../lib/api/browser.tsx'
import { withEvent } from './timeline.ts'

const NONE: readonly SessionEvent[] = []

/**
 * The events of a session, streamed while `isActive`. Where the stream cannot be opened they stay as they are; the status is polled.
 *
 * @param onTransition  called for each change of status in the stream
 */
export function useSessionEvents(
  sessionId: string | null,
  isActive: boolean,
  onTransition: () => void,
): readonly SessionEvent[] {
  const client = useApi()
  const [log, setLog] = useState<{ sessionId: string; events: readonly SessionEvent[] } | null>(
    null,
  )

  useEffect(() => {
    if (sessionId === null || !isActive) return
    const stop = new AbortController()
    async function follow(id: string) {
      for await (const event of client.sessionEvents(id, stop.signal)) {
        setLog((before) => ({
          sessionId: id,
          events: withEvent(before?.sessionId === id ? before.events : NONE, event),
        }))
        if (event.kind === 'transition') onTransition()
      }
    }
    follow(sessionId).catch(() => undefined)
    return () => stop.abort()
  }, [client, sessionId, isActive, onTransition])

  return log !== null && log.sessionId === sessionId ? log.events : NONE
}
