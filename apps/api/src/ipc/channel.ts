import { randomUUID } from 'node:crypto'

/**
 * The channel between the server and the reconciler, relayed by the supervisor. Its messages only save time: a lost or doubled nudge
 * changes nothing but the wait, as every pass finds what is asked for in the rows, with recovery switched off too; and a question
 * without an answer has an answer on the safe side.
 */
export type Nudge = { type: 'nudge'; session_id: string }
export type Changed = { type: 'changed'; session_id: string }
/** Reconciler → server: write what you have noted. */
export type Flush = { type: 'flush'; request_id: string }
/** Server → reconciler: what was noted before that request came is written. */
export type Flushed = { type: 'flushed'; request_id: string }
export type IpcMessage = Nudge | Changed | Flush | Flushed

/** The end of the channel that a process holds: `process` itself, or one half of `createIpcPair` in tests. */
export interface IpcEndpoint {
  send?(message: IpcMessage): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
}

export interface Ipc {
  /** Server → reconciler: look at this session now. */
  nudge(sessionId: string): void
  /** Reconciler → server: this session's row or events changed. */
  changed(sessionId: string): void
  /** @returns the function that unsubscribes */
  onNudge(listener: (sessionId: string) => void): () => void
  /** @returns the function that unsubscribes */
  onChanged(listener: (sessionId: string) => void): () => void
  /** Reconciler: have the server write what it has noted. @returns false when no answer came within `limitMs` */
  flush(limitMs: number, signal: AbortSignal): Promise<boolean>
  /** Server: how to. A rejection is answered with silence. @returns the function that unsubscribes */
  onFlush(write: () => Promise<void>): () => void
}

const FIELDS = {
  nudge: 'session_id',
  changed: 'session_id',
  flush: 'request_id',
  flushed: 'request_id',
} as const

/** Typed messages over an endpoint. Anything that is not one of ours is ignored; a channel that is closed swallows what is sent. */
export function createIpc(endpoint: IpcEndpoint): Ipc {
  function send(message: IpcMessage): void {
    try {
      endpoint.send?.(message)
    } catch {
      // The other side is restarting; it reads the rows when it is back.
    }
  }

  function subscribe(type: IpcMessage['type'], listener: (id: string) => void): () => void {
    const onMessage = (message: unknown) => {
      const known = parseMessage(message)
      if (known?.type === type) listener(known.id)
    }
    endpoint.on('message', onMessage)
    return () => {
      endpoint.off('message', onMessage)
    }
  }

  return {
    nudge: (sessionId) => send({ type: 'nudge', session_id: sessionId }),
    changed: (sessionId) => send({ type: 'changed', session_id: sessionId }),
    onNudge: (listener) => subscribe('nudge', listener),
    onChanged: (listener) => subscribe('changed', listener),
    async flush(limitMs, signal) {
      if (signal.aborted) return false
      const requestId = randomUUID()
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const limit = AbortSignal.any([AbortSignal.timeout(limitMs), signal])
      const giveUp = () => resolve(false)
      limit.addEventListener('abort', giveUp)
      const unsubscribe = subscribe('flushed', (id) => {
        if (id === requestId) resolve(true)
      })
      send({ type: 'flush', request_id: requestId })
      try {
        return await promise
      } finally {
        unsubscribe()
        limit.removeEventListener('abort', giveUp)
      }
    },
    onFlush: (write) =>
      subscribe('flush', (requestId) => {
        write().then(
          () => send({ type: 'flushed', request_id: requestId }),
          () => {},
        )
      }),
  }
}

/** The two fields of a message that is one of ours; undefined for anything else. */
function parseMessage(message: unknown): { type: IpcMessage['type']; id: string } | undefined {
  const { type } = (message ?? {}) as { type?: unknown }
  if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) return undefined
  const known = type as IpcMessage['type']
  const id = (message as Record<string, unknown>)[FIELDS[known]]
  return typeof id === 'string' ? { type: known, id } : undefined
}

/** Two connected endpoints inside one process. Messages arrive in order, never synchronously. */
export function createIpcPair(): { server: IpcEndpoint; reconciler: IpcEndpoint } {
  const server = createEndpoint((message) => reconciler.receive(message))
  const reconciler = createEndpoint((message) => server.receive(message))
  return { server, reconciler }
}

function createEndpoint(deliver: (message: IpcMessage) => void) {
  const listeners = new Set<(message: unknown) => void>()
  return {
    send: (message: IpcMessage) => queueMicrotask(() => deliver(message)),
    on: (_event: 'message', listener: (message: unknown) => void) => listeners.add(listener),
    off: (_event: 'message', listener: (message: unknown) => void) => listeners.delete(listener),
    receive: (message: IpcMessage) => {
      for (const listener of listeners) listener(message)
    },
  }
}
