import { eventually } from '@medforge/test-support'
import { describe, expect, test } from 'vitest'
import { createLoop, type LoopOptions } from './loop.ts'

const HOUR_MS = 3_600_000

function start(options: Partial<LoopOptions>) {
  const stopping = new AbortController()
  const loop = createLoop({
    intervalMs: HOUR_MS,
    backoffMaxMs: HOUR_MS,
    runOnce: async () => {},
    onFailure: () => {},
    ...options,
    signal: stopping.signal,
  })
  return { loop, ended: loop.run(), stop: () => stopping.abort() }
}

describe(createLoop, () => {
  test('makes the first pass at once and the next ones when nudged', async () => {
    let passes = 0
    const { loop, ended, stop } = start({
      runOnce: async () => {
        passes += 1
      },
    })
    await eventually(() => expect(passes).toBe(1))
    loop.nudge()
    await eventually(() => expect(passes).toBe(2))
    stop()
    await ended
    expect(passes).toBe(2)
  })

  test('merges nudges during a pass into one more pass, never two at once', async () => {
    let passes = 0
    let inside = 0
    const gate = Promise.withResolvers<void>()
    const { loop, ended, stop } = start({
      runOnce: async () => {
        inside += 1
        expect(inside).toBe(1)
        passes += 1
        if (passes === 1) await gate.promise
        inside -= 1
      },
    })
    for (let count = 0; count < 5; count += 1) loop.nudge()
    gate.resolve()
    await eventually(() => expect(passes).toBe(2))
    stop()
    await ended
    expect(passes).toBe(2)
  })

  test('doubles the pause while passes fail, up to the limit, and starts over after a good one', async () => {
    const pauses: number[] = []
    let passes = 0
    const { ended, stop } = start({
      intervalMs: 1,
      backoffMaxMs: 8,
      runOnce: async () => {
        passes += 1
        if (passes !== 6) throw new Error(`pass ${passes}`)
      },
      onFailure: (_error, retryInMs) => pauses.push(retryInMs),
    })
    await eventually(() => expect(pauses.length).toBeGreaterThan(6))
    stop()
    await ended
    expect(pauses.slice(0, 7)).toEqual([2, 4, 8, 8, 8, 2, 4])
  })

  test('ends during a pause at once, and during a pass after it', async () => {
    const { ended, stop } = start({})
    stop()
    await expect(ended).resolves.toBeUndefined()
    const gate = Promise.withResolvers<void>()
    const busy = start({ runOnce: () => gate.promise })
    busy.stop()
    gate.resolve()
    await expect(busy.ended).resolves.toBeUndefined()
  })
})
