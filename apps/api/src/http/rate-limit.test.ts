import { describe, expect, test } from 'vitest'
import { createRateLimiter, rateLimitKey } from './rate-limit.ts'

describe(createRateLimiter, () => {
  test('lets as many through as it promises, in every window', () => {
    let now = 0
    const limiter = createRateLimiter({ max: 3, windowMs: 10_000 }, () => now)
    const through: number[] = []
    for (now = 0; now < 60_000; now += 250) if (limiter.take('a') === 0) through.push(now)
    for (const at of through) {
      const inWindow = through.filter((other) => other >= at && other < at + 10_000)
      expect(inWindow.length).toBeLessThanOrEqual(3)
    }
    expect(through).toHaveLength(18)
  })

  test('names the first whole second at which the next attempt is let through', () => {
    let now = 0
    const limiter = createRateLimiter({ max: 1, windowMs: 60_000 }, () => now)
    limiter.take('a')
    now = 100
    const seconds = limiter.take('a')
    now = 100 + (seconds - 1) * 1000
    expect(limiter.take('a')).toBeGreaterThan(0)
    now = 100 + seconds * 1000
    expect(limiter.take('a')).toBe(0)
  })

  test('does not punish attempts that it refused', () => {
    let now = 0
    const limiter = createRateLimiter({ max: 1, windowMs: 1000 }, () => now)
    limiter.take('a')
    for (now = 1; now < 1000; now += 1) expect(limiter.take('a')).toBe(1)
    now = 1000
    expect(limiter.take('a')).toBe(0)
  })

  test('lets as many more through as attempts were given back, of that key alone', () => {
    const limiter = createRateLimiter({ max: 2, windowMs: 60_000 }, () => 0)
    for (const key of ['a', 'a', 'b', 'b']) limiter.take(key)
    limiter.giveBack('a')
    limiter.giveBack('nobody')
    expect(limiter.take('a')).toBe(0)
    expect(limiter.take('a')).toBeGreaterThan(0)
    expect(limiter.take('b')).toBeGreaterThan(0)
  })

  test('forgets keys whose window has passed rather than growing without end', () => {
    let now = 0
    const limiter = createRateLimiter({ max: 1, windowMs: 60_000, keysMax: 100 }, () => now)
    for (let index = 0; index < 100; index += 1) limiter.take(`old ${index}`)
    now = 60_000
    for (let index = 0; index < 100; index += 1) expect(limiter.take(`new ${index}`)).toBe(0)
    for (let index = 0; index < 100; index += 1) expect(limiter.take(`new ${index}`)).toBe(60)
  })

  test('forgets no key whose window goes on, however many others come', () => {
    const limiter = createRateLimiter({ max: 2, windowMs: 60_000, keysMax: 100 }, () => 0)
    for (const key of ['victim', 'victim']) limiter.take(key)
    for (let index = 0; index < 5_000; index += 1) limiter.take(`made up ${index}`)
    expect(limiter.take('victim')).toBe(60)
  })

  test('counts keys together for which there is no room, and gives them back there', () => {
    const limiter = createRateLimiter({ max: 1, windowMs: 60_000, keysMax: 1 }, () => 0)
    limiter.take('first')
    expect(limiter.take('late')).toBe(0)
    expect(limiter.take('late')).toBe(60)
    limiter.giveBack('late')
    expect(limiter.take('late')).toBe(0)
    expect(limiter.take('first')).toBe(60)
  })
})

describe(rateLimitKey, () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('is of %s: %s', (address, key) => {
    expect(rateLimitKey(address)).toBe(key)
  })
})
