import type { SessionEvent } from '@medforge/contracts'
import { isTerminal, type SessionEventRow } from '@medforge/core'
import { type DB, toTimestamp } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { ChangeFeed } from './changes.ts'
import { listEvents } from './repository.ts'
import type { StepMedians } from './step-medians.ts'

export type EventStreamDeps = {
  db: Kysely<DB>
  changes: ChangeFeed
  medians: StepMedians
  /** Called before an event is sent, or the stream ends for somebody's login: what is decided from then on agrees with it. */
  noteShown: () => void
}

export type EventStreamOptions = {
  sessionId: string
  /** The last event that the reader has, 0 for none. */
  afterId: number
  /** Asked at least every ten seconds: whether the reader may still read. */
  isAllowed(): Promise<boolean>
  signal: AbortSignal
}

// Short enough that a revoked login ends an open stream within 10 s, and that proxies do not take the connection for dead.
const HEARTBEAT_MS = 8_000
// Events are announced; this is for the ones whose announcement was lost.
const LOOK_AGAIN_MS = 2_000
const RECONNECT_MS = 1_000

/**
 * The text of a session's server-sent events: everything after `afterId`, then live. Ends after the event that makes the session
 * terminal, when the reader leaves, or may not read it any longer.
 */
export async function* streamEvents(
  deps: EventStreamDeps,
  { sessionId, afterId, isAllowed, signal }: EventStreamOptions,
): AsyncGenerator<string> {
  using watch = deps.changes.watch(sessionId)
  let lastId = afterId
  let sentMs = performance.now()
  let askedMs = sentMs
  yield `retry: ${RECONNECT_MS}\n\n`
  while (!signal.aborted) {
    // However many events there are.
    if (performance.now() - askedMs >= HEARTBEAT_MS) {
      if (!(await isAllowed())) return deps.noteShown()
      askedMs = performance.now()
    }
    for (const row of await listEvents(deps.db, sessionId, lastId)) {
      lastId = row.id
      sentMs = performance.now()
      const text = frame(await toEvent(row, deps.medians))
      deps.noteShown()
      yield text
      if (row.to_status !== null && isTerminal(row.to_status)) return
    }
    const silentMs = performance.now() - sentMs
    if (silentMs >= HEARTBEAT_MS) {
      sentMs = performance.now()
      yield ': still here\n\n'
    }
    await watch.next(LOOK_AGAIN_MS, signal)
  }
}

async function toEvent(row: SessionEventRow, medians: StepMedians): Promise<SessionEvent> {
  const { session_id, kind, from_status, to_status, step, reason } = row
  return {
    id: String(row.id),
    session_id,
    kind,
    from_status,
    to_status,
    step,
    reason,
    usual_ms: await medians.ofEvent(row),
    at: toTimestamp(row.at),
  }
}

function frame(event: SessionEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`
}
