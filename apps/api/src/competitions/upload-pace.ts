import { BYTES_PER_SECOND_MIN, GRACE_MS } from './upload-times.ts'

// Waiting this long for a byte, or this much less than the slowest line since the transfer began, is no line that works.
const SILENCE_MAX_MS = 5_000
const TICK_MS = 500

export interface Pace extends Disposable {
  /** The sender is not to blame for the time that this takes. */
  busy<Result>(task: Promise<Result>): Promise<Result>
}

/**
 * Watch how fast a sender sends, and call `onSlow` once when that is too slow: whoever drips must not hold a place that others wait for. Only
 * ticks during which this process ran and waited for bytes count, so a slow disk or a busy processor is nobody's fault.
 */
export function watchPace(bytesReceived: () => number, onSlow: () => void): Pace {
  const startBytes = bytesReceived()
  let lastBytes = startBytes
  let waitedMs = 0
  let silentMs = 0
  let tasks = 0
  const timer = setInterval(() => {
    const bytes = bytesReceived()
    const isSilent = bytes === lastBytes
    lastBytes = bytes
    if (tasks > 0) return
    waitedMs += TICK_MS
    silentMs = isSilent ? silentMs + TICK_MS : 0
    const owedBytes = ((waitedMs - GRACE_MS) / 1000) * BYTES_PER_SECOND_MIN
    if (silentMs < SILENCE_MAX_MS && bytes - startBytes >= owedBytes) return
    clearInterval(timer)
    onSlow()
  }, TICK_MS)
  return {
    async busy(task) {
      tasks += 1
      try {
        return await task
      } finally {
        tasks -= 1
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
