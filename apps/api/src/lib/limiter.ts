/** The queue is full: the caller should come back later. */
export class SaturatedError extends Error {
  override readonly name = 'SaturatedError'
}

export interface Limiter {
  /** @throws SaturatedError when `waiting` tasks wait already */
  run<Result>(task: () => Promise<Result>): Promise<Result>
}

/** At most `running` tasks at once and `waiting` in line, first come first served. */
export function createLimiter(limits: { running: number; waiting: number }): Limiter {
  const queue: (() => void)[] = []
  let running = 0

  return {
    async run(task) {
      if (running >= limits.running) {
        if (queue.length >= limits.waiting) throw new SaturatedError('The queue is full.')
        await new Promise<void>((resolve) => queue.push(resolve))
      } else {
        running += 1
      }
      try {
        return await task()
      } finally {
        const next = queue.shift()
        if (next) next()
        else running -= 1
      }
    },
  }
}
