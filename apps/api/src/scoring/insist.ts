import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseAway, isLostRace } from '@medforge/db'

export type InsistOptions = {
  retryMs: number
  /** Aborts when the process ends. */
  ending: AbortSignal
  /** Between two tries. */
  onDelay(error: unknown): Promise<void>
}

/**
 * Do something again until the database does not refuse it for the moment: it is away, or somebody holds the rows (a switch of a large
 * board does for minutes). `work` has to be harmless when it is done twice.
 *
 * @throws what `work` throws for another reason, or at last once the process is to end
 */
export async function insist<Result>(
  work: () => Promise<Result>,
  { retryMs, ending, onDelay }: InsistOptions,
): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isPassing = isLostRace(error) || isDatabaseAway(error)
      if (!isPassing || ending.aborted) throw error
      await onDelay(error)
      await sleep(retryMs, undefined, { signal: ending }).catch(() => {})
    }
  }
}
