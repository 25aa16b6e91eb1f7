import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { watchPace } from './upload-pace.ts'

const KIB = 1024

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Whether a sender that sends so much in each second was called slow, and after how many seconds. */
function slowAfter(bytesIn: (second: number) => number, seconds = 60): number | null {
  let bytes = 0
  let slow = false
  using _pace = watchPace(
    () => bytes,
    () => {
      slow = true
    },
  )
  for (let second = 1; second <= seconds; second += 1) {
    bytes += bytesIn(second)
    vi.advanceTimersByTime(1000)
    if (slow) return second
  }
  return null
}

describe(watchPace, () => {
  test('leaves a line of 64 KiB/s alone, also one that pauses for four seconds', () => {
    expect(slowAfter(() => 64 * KIB)).toBeNull()
    expect(slowAfter((second) => (second % 5 === 1 ? 5 * 64 * KIB : 0))).toBeNull()
  })

  test('ends silence after five seconds', () => {
    expect(slowAfter(() => 0)).toBe(5)
    expect(slowAfter((second) => (second < 10 ? 1024 * KIB : 0))).toBe(14)
  })

  test('ends a drip soon after the first five seconds', () => {
    expect(slowAfter(() => 1)).toBe(6)
    expect(slowAfter(() => 32 * KIB)).toBe(11)
  })

  test('blames nobody for the time that this side needs', async () => {
    let slow = false
    using pace = watchPace(
      () => 0,
      () => {
        slow = true
      },
    )
    const { promise, resolve } = Promise.withResolvers<void>()
    const work = pace.busy(promise)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(slow).toBe(false)
    resolve()
    await work
    await vi.advanceTimersByTimeAsync(5_000)
    expect(slow).toBe(true)
  })
})
