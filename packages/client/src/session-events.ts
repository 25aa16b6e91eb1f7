import { isActiveStatus, type SessionEvent } from '@medforge/contracts'
import { ApiError } from './api-error.ts'
import { readEventStream } from './event-stream.ts'
import type { Transport } from './transport.ts'

const RECONNECT_DELAY_MS = 1000
// A browser on the host itself drops its connections whenever a container's network appears, which every launch does.
const FIRST_RECONNECT_DELAY_MS = 50

/**
 * Every transition and step of a session, each once, in order.
 *
 * A connection that breaks is resumed after the last message. Ends after a terminal transition or when `signal` aborts.
 *
 * @throws ApiError where the API refuses (no such session, somebody else's, signed out)
 */
export async function* sessionEvents(
  transport: Transport,
  sessionId: string,
  signal?: AbortSignal,
): AsyncGenerator<SessionEvent> {
  let lastId: string | null = null
  let delayMs = FIRST_RECONNECT_DELAY_MS
  while (!signal?.aborted) {
    try {
      const response = await transport.open('GET', `/sessions/${sessionId}/events`, {
        headers: {
          accept: 'text/event-stream',
          ...(lastId === null ? {} : { 'last-event-id': lastId }),
        },
        signal,
      })
      if (!response.body) return
      for await (const message of readEventStream(response.body)) {
        lastId = message.id ?? lastId
        delayMs = FIRST_RECONNECT_DELAY_MS
        const event = JSON.parse(message.data) as SessionEvent
        yield event
        if (event.to_status && !isActiveStatus(event.to_status)) return
      }
    } catch (error) {
      if (signal?.aborted) return
      if (error instanceof ApiError && error.status < 500) throw error
    }
    await pause(delayMs, signal)
    delayMs = RECONNECT_DELAY_MS
  }
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs)
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
