import { setTimeout as sleep } from 'node:timers/promises'

/** Someone waiting for news about a session. */
export interface ChangeWatch extends Disposable {
  /** Resolves to true when something changed since the last call, to false after `limitMs` or when `signal` aborts. */
  next(limitMs: number, signal?: AbortSignal): Promise<boolean>
}

/** Who waits for which session inside this process. It only saves time: waiters read the database, and look again by themselves. */
export interface ChangeFeed {
  notify(sessionId: string): void
  watch(sessionId: string): ChangeWatch
}

export function createChangeFeed(): ChangeFeed {
  const watches = new Map<string, Set<() => void>>()

  return {
    notify(sessionId) {
      for (const wake of watches.get(sessionId) ?? []) wake()
    },
    watch(sessionId) {
      let isDirty = false
      let pause: AbortController | undefined
      const wake = () => {
        isDirty = true
        pause?.abort()
      }
      const waiters = watches.get(sessionId) ?? new Set()
      watches.set(sessionId, waiters.add(wake))
      return {
        async next(limitMs, signal) {
          if (!isDirty && !signal?.aborted) {
            pause = new AbortController()
            const either = signal ? AbortSignal.any([signal, pause.signal]) : pause.signal
            await sleep(limitMs, undefined, { signal: either }).catch(() => {})
          }
          const hasChanged = isDirty
          isDirty = false
          return hasChanged
        },
        [Symbol.dispose]() {
          waiters.delete(wake)
          if (waiters.size === 0 && watches.get(sessionId) === waiters) watches.delete(sessionId)
        },
      }
    },
  }
}
