import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseAway, isLostRace } from '@medforge/db'

export type RetryOptions = {
  retryMs: number
  /** Aborts when the process ends. */
  ending: AbortSignal
  /** Between two attempts. */
  onDelay(error: unknown): Promise<void>
}

/**
 * Repeat something while the database is busy: it is away, or somebody holds the rows (a switch of a large board does for minutes).
 * `work` has to be harmless when it is done twice.
 *
 * @throws what `work` throws for another reason, or at last once the process is to end
 */
export async function retryWhileBusy<Result>(
  work: () => Promise<Result>,
  { retryMs, ending, onDelay }: RetryOptions,
): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isBusy = isLostRace(error) || isDatabaseAway(error)
      if (!isBusy || ending.aborted) throw error
      await onDelay(error)
      await sleep(retryMs, undefined, { signal: ending }).catch(() => {})
    }
  }
}
