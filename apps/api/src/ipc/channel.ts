/**
 * The channel between the server and the reconciler: two messages, relayed by the supervisor. They only save time; a lost or doubled
 * one changes nothing but the wait, as every pass takes up what is asked for in the rows, with recovery switched off too.
 */
export type Nudge = { type: 'nudge'; session_id: string }
export type Changed = { type: 'changed'; session_id: string }
export type IpcMessage = Nudge | Changed

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
}

/** Typed messages over an endpoint. Anything that is not one of ours is ignored; a channel that is closed swallows what is sent. */
export function createIpc(endpoint: IpcEndpoint): Ipc {
  function send(message: IpcMessage): void {
    try {
      endpoint.send?.(message)
    } catch {
      // The other side is restarting; it reads the rows when it is back.
    }
  }

  function subscribe(type: IpcMessage['type'], listener: (sessionId: string) => void): () => void {
    const onMessage = (message: unknown) => {
      if (isMessage(message) && message.type === type) listener(message.session_id)
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
  }
}

export function isMessage(message: unknown): message is IpcMessage {
  const { type, session_id } = (message ?? {}) as Partial<IpcMessage>
  return (type === 'nudge' || type === 'changed') && typeof session_id === 'string'
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
