/**
 * What this worker leaves alone for a while: a competition, or a re-score, whose holdout could not be used a moment ago. One try speaks for
 * all that wait for the same holdout, so that a scorer is free for the others however many these are.
 *
 * Kept in memory: every worker finds out by a try of its own, and none writes to the rows that wait.
 */
export interface OnHold {
  put(id: string): void
  /** Those whose time is not over. */
  ids(): string[]
}

export function createOnHold(forMs: number, monotonicMs: () => number): OnHold {
  const untilMs = new Map<string, number>()
  return {
    put: (id) => void untilMs.set(id, monotonicMs() + forMs),
    ids() {
      for (const [id, at] of untilMs) if (at <= monotonicMs()) untilMs.delete(id)
      return [...untilMs.keys()]
    },
  }
}
