import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/**
 * Calls `check` until it neither throws nor returns false, and hands out what it returned.
 *
 * @throws what the last call threw, once `timeoutMs` (5 s unless given) is over
 */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  { timeoutMs = 5000 }: { timeoutMs?: number } = {},
): Promise<Exclude<Awaited<Result>, false>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      const result = await check()
      if (result !== false) return result as Exclude<Awaited<Result>, false>
      if (performance.now() > deadline) throw new Error('It did not come true in time.')
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await sleep(POLL_MS)
  }
}
