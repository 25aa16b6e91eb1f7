import { describe, expect, test } from 'vitest'
import { createLimiter, SaturatedError } from './limiter.ts'

describe(createLimiter, () => {
  test('runs so many at once, keeps so many waiting in order, and refuses the rest', async () => {
    const limiter = createLimiter({ running: 2, waiting: 2 })
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const started: number[] = []
    const results = gates.map((gate, index) =>
      limiter.run(async () => {
        started.push(index)
        await gate.promise
        return index
      }),
    )
    await expect(results[4]).rejects.toThrow(SaturatedError)
    expect(started).toEqual([0, 1])
    gates[1]?.resolve()
    await results[1]
    expect(started).toEqual([0, 1, 2])
    for (const gate of gates) gate.resolve()
    expect(await Promise.all(results.slice(0, 4))).toEqual([0, 1, 2, 3])
    expect(await limiter.run(async () => 'free again')).toBe('free again')
  })

  test('passes a failure on and gives its place away', async () => {
    const limiter = createLimiter({ running: 1, waiting: 1 })
    const failed = limiter.run(() => Promise.reject(new Error('no')))
    const next = limiter.run(async () => 'yes')
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })

  test('refuses who waited too long, and gives the place to the next in line', async () => {
    const limiter = createLimiter({ running: 1, waiting: 3 })
    const gate = Promise.withResolvers<string>()
    const first = limiter.run(() => gate.promise)
    const impatient = limiter.run(async () => 'never', 1)
    const patient = limiter.run(async () => 'next')
    await expect(impatient).rejects.toThrow(SaturatedError)
    gate.resolve('first')
    expect(await Promise.all([first, patient])).toEqual(['first', 'next'])
  })
})
