import { setTimeout as sleep } from 'node:timers/promises'

export type LoopOptions = {
  /** Pause between two passes that went well. */
  intervalMs: number
  /** A pass that throws doubles the pause, up to this. */
  backoffMaxMs: number
  /** Ends the loop. A pass in progress sees it and should return soon. */
  signal: AbortSignal
  /** One pass. It throws only when the pass as a whole could not be made; one item's failure is its own business. */
  runOnce(signal: AbortSignal): Promise<void>
  onFailure(error: unknown, retryInMs: number): void
}

export interface Loop {
  /** Start the next pass now; during a pass, one more follows at once. Calls in between are merged into one. */
  nudge(): void
  /** Runs until the signal aborts, then resolves once the last pass has ended. Never rejects. */
  run(): Promise<void>
}

/**
 * Repeat a pass for ever: on a timer, at once when nudged, slower and slower while it fails.
 *
 * Passes never overlap. A nudge cuts the pause after a failure short too, so callers decide how often they may nudge.
 */
export function createLoop(options: LoopOptions): Loop {
  const { intervalMs, backoffMaxMs, signal } = options
  let nudged = false
  let wake: AbortController | undefined

  async function pause(ms: number): Promise<void> {
    if (nudged || signal.aborted) return
    wake = new AbortController()
    await sleep(ms, undefined, { signal: AbortSignal.any([wake.signal, signal]) }).catch(() => {})
    wake = undefined
  }

  return {
    nudge() {
      nudged = true
      wake?.abort()
    },
    async run() {
      let failures = 0
      while (!signal.aborted) {
        nudged = false
        let pauseMs = intervalMs
        try {
          await options.runOnce(signal)
          failures = 0
        } catch (error) {
          if (signal.aborted) return
          failures += 1
          pauseMs = Math.min(intervalMs * 2 ** failures, Math.max(backoffMaxMs, intervalMs))
          options.onFailure(error, pauseMs)
        }
        await pause(pauseMs)
      }
    },
  }
}
