/** Lets at most `limit` jobs run at a time, first come first served; after the abort none begins. */
export function createSlots(limit: number) {
  let free = limit
  const waiting: (() => void)[] = []
  return {
    async run<T>(signal: AbortSignal, job: () => Promise<T>): Promise<T> {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        signal.throwIfAborted()
        return await job()
      } finally {
        const next = waiting.shift()
        if (next === undefined) free += 1
        else next()
      }
    },
  }
}
