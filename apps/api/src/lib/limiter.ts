/** The queue is full, or too slow: the caller should come back later. */
export class SaturatedError extends Error {
  override readonly name = 'SaturatedError'
}

export interface Limiter {
  /** @throws SaturatedError when `waiting` tasks wait already, or after `waitMs` in line */
  run<Result>(task: () => Promise<Result>, waitMs?: number): Promise<Result>
}

/** At most `running` tasks at once and `waiting` in line, first come first served. */
export function createLimiter(limits: { running: number; waiting: number }): Limiter {
  const queue: (() => void)[] = []
  let running = 0

  function standInLine(waitMs: number | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const call = () => {
      clearTimeout(timer)
      resolve()
    }
    const leave = () => {
      queue.splice(queue.indexOf(call), 1)
      reject(new SaturatedError('The wait in line was too long.'))
    }
    const timer = waitMs === undefined ? undefined : setTimeout(leave, waitMs)
    queue.push(call)
    return promise
  }

  return {
    async run(task, waitMs) {
      if (running >= limits.running) {
        if (queue.length >= limits.waiting) throw new SaturatedError('The queue is full.')
        await standInLine(waitMs)
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
