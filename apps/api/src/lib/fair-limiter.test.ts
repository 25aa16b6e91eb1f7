import { describe, expect, test } from 'vitest'
import { createFairLimiter } from './fair-limiter.ts'
import { SaturatedError } from './limiter.ts'

/** Tasks that end when they are told to, and who runs at the moment. */
function stage(limits: Parameters<typeof createFairLimiter>[0]) {
  const limiter = createFairLimiter(limits)
  const running: { party: string; end: () => void }[] = []
  const start = (party: string) =>
    limiter.run(party, async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const mine = { party, end: resolve }
      running.push(mine)
      await promise
      running.splice(running.indexOf(mine), 1)
    })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { start, settle, running, parties: () => running.map(({ party }) => party) }
}

const LIMITS = { running: 3, waiting: 10, each: { running: 2, waiting: 4 } }

describe(createFairLimiter, () => {
  test('gives one party its share, and the next one room at once', async () => {
    const { start, settle, running, parties } = stage(LIMITS)
    const all = [start('a'), start('a'), start('a'), start('a'), start('b')]
    await settle()
    expect(parties()).toEqual(['a', 'a', 'b'])
    while (running.length > 0) {
      running[0]?.end()
      await settle()
    }
    await Promise.all(all)
  })

  test('refuses what one party brings too much of, and nobody else', async () => {
    const { start, settle, running, parties } = stage(LIMITS)
    const many = Array.from({ length: 6 }, () => start('a'))
    await expect(start('a')).rejects.toThrow(SaturatedError)
    const other = start('b')
    await settle()
    expect(parties()).toContain('b')
    while (running.length > 0) {
      running[0]?.end()
      await settle()
    }
    await Promise.all([...many, other])
  })

  test('forgets a party that has nothing left', async () => {
    const { start, settle, running } = stage({ ...LIMITS, each: { running: 1, waiting: 0 } })
    for (let times = 0; times < 3; times += 1) {
      const one = start('a')
      await settle()
      running[0]?.end()
      await one
    }
    const failing = createFairLimiter(LIMITS).run('a', () => Promise.reject(new Error('x')))
    await expect(failing).rejects.toThrow('x')
  })

  test("lets nobody wait longer than it says, in their own line or in everybody's", async () => {
    const { start, settle, running, parties } = stage({
      ...LIMITS,
      running: 1,
      each: { running: 1, waiting: 4 },
      waitMs: 1,
    })
    const first = start('a')
    await settle()
    await expect(start('a')).rejects.toThrow(SaturatedError)
    await expect(start('b')).rejects.toThrow(SaturatedError)
    running[0]?.end()
    await first
    const next = start('b')
    await settle()
    expect(parties()).toEqual(['b'])
    running[0]?.end()
    await next
  })
})
