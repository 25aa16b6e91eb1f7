/** What is going on at this moment, as one line that changes: `building science (step 2 of 3), pushing api`. */
export type Activity = AsyncDisposable & {
  /** Begin something; call the result with a detail as it goes on, and dispose it when it ends. */
  begin(what: string): Disposable & { detail(text: string): void }
}

const HEARTBEAT_MS = 5_000

/** Reports at every change and, so that a long step does not look stuck, every five seconds with how long the oldest has taken. */
export function createActivity(
  report: (line: string) => void,
  now: () => number = Date.now,
): Activity {
  const running = new Map<symbol, { what: string; detail: string; startedAt: number }>()
  const emit = () => {
    if (running.size > 0) report(describe([...running.values()], now()))
  }
  const timer = setInterval(emit, HEARTBEAT_MS)
  return {
    begin(what) {
      const key = Symbol(what)
      const entry = { what, detail: '', startedAt: now() }
      running.set(key, entry)
      emit()
      return {
        detail(text) {
          entry.detail = text
          emit()
        },
        [Symbol.dispose]: () => void running.delete(key),
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
    },
  }
}

export function describe(
  running: readonly { what: string; detail: string; startedAt: number }[],
  now: number,
): string {
  return running
    .map(({ what, detail, startedAt }) => {
      const seconds = Math.round((now - startedAt) / 1000)
      const notes = [detail, seconds >= 5 ? `${seconds} s` : ''].filter(Boolean).join(', ')
      return notes === '' ? what : `${what} (${notes})`
    })
    .join(' · ')
}
