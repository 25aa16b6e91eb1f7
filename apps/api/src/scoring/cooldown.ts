/**
 * Groups of a queue whose holdout could not be used a moment ago. One attempt stands for all that wait for the same holdout, so that a
 * scorer is free for the others however many these are.
 *
 * Kept in memory: every worker finds out by an attempt of its own, and none writes to the rows that wait.
 */
export interface Cooldown {
  start(id: string): void
  /** Those whose time is not over. */
  ids(): string[]
}

export function createCooldown(forMs: number, monotonicMs: () => number): Cooldown {
  const untilMs = new Map<string, number>()
  return {
    start: (id) => void untilMs.set(id, monotonicMs() + forMs),
    ids() {
      for (const [id, at] of untilMs) if (at <= monotonicMs()) untilMs.delete(id)
      return [...untilMs.keys()]
    },
  }
}
