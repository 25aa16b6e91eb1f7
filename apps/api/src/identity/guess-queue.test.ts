import { describe, expect, test } from 'vitest'
import { createGuessQueue } from './guess-queue.ts'

describe(createGuessQueue, () => {
  test('lets one attempt of an account through every five seconds, whoever asks and how often', () => {
    let now = 0
    const queue = createGuessQueue(() => now)
    let through = 0
    for (now = 0; now < 600_000; now += 250) {
      for (let nth = 0; nth < 50; nth += 1) if (queue.take('a', `${nth}`) === 0) through += 1
    }
    expect(through).toBeLessThanOrEqual(120)
    expect(through).toBeGreaterThanOrEqual(108)
  })

  test('names truly when a network is let through, within a minute, to whom eleven others leave no pause', () => {
    let now = 0
    const queue = createGuessQueue(() => now)
    const attack = () => {
      for (let nth = 0; nth < 11; nth += 1) queue.take('a', `${nth}`)
    }
    attack()
    const seconds = queue.take('a', 'owner')
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
    for (now = 0; now < seconds * 1000 - 1; now += 250) attack()
    now = seconds * 1000 - 1
    expect(queue.take('a', 'owner')).toBe(1)
    now += 1
    expect(queue.take('a', 'owner')).toBe(0)
  })

  test('keeps the place of a person for a minute, for one attempt', () => {
    let now = 0
    const queue = createGuessQueue(() => now)
    queue.take('a', 'stranger')
    expect(queue.take('a', 'owner')).toBe(5)
    now = 65_000
    expect(queue.take('a', 'owner')).toBe(0)
    expect(queue.take('a', 'owner')).toBe(0)
    expect(queue.take('a', 'owner')).toBe(5)
  })

  test('makes nobody wait for attempts at another account', () => {
    const queue = createGuessQueue(() => 0)
    queue.take('a', 'stranger')
    expect(queue.take('b', 'stranger')).toBe(0)
  })
})
