import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBoardExports } from './board-exports.ts'

const MIB = 1024 * 1024

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

function stage(sizeBytes: number, heldMaxBytes = 10 * MIB) {
  let made = 0
  const exports = createBoardExports({
    heldMaxBytes,
    render: async () => {
      made += 1
      return Buffer.alloc(sizeBytes, made)
    },
  })
  return { exports, made: () => made }
}

describe(createBoardExports, () => {
  test('makes one file for everybody who asks within a second, and the next one after it', async () => {
    const { exports, made } = stage(3 * MIB)
    const opened = await Promise.all(Array.from({ length: 50 }, () => exports.open('a')))
    for (const { body } of opened) expect((await buffer(body)).length).toBe(3 * MIB)
    expect(made()).toBe(1)
    expect(exports.heldBytes()).toBe(3 * MIB)
    await vi.advanceTimersByTimeAsync(1000)
    expect(exports.heldBytes()).toBe(0)
    const { body } = await exports.open('a')
    expect((await buffer(body)).at(-1)).toBe(2)
  })

  test('holds no more than it has room for, however many read slowly, and ends the oldest for it', async () => {
    const { exports } = stage(3 * MIB)
    const slow = []
    for (let nth = 0; nth < 20; nth += 1) {
      slow.push((await exports.open('a')).body.on('error', () => {}))
      expect(exports.heldBytes()).toBeLessThanOrEqual(10 * MIB)
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(slow.map(({ destroyed }) => destroyed)).toEqual(
      Array.from({ length: 20 }, (_, at) => at < 17),
    )
    const last = slow.at(-1)
    if (last) expect((await buffer(last)).length).toBe(3 * MIB)
    for (const body of slow) if (!body.closed) once(body.destroy(), 'close')
    await vi.advanceTimersByTimeAsync(1000)
    expect(exports.heldBytes()).toBe(0)
  })

  test('serves a file that is larger than its room, and forgets one that could not be made', async () => {
    const { exports } = stage(11 * MIB)
    expect((await buffer((await exports.open('a')).body)).length).toBe(11 * MIB)
    let isBroken = true
    const broken = createBoardExports({
      render: async () => {
        if (isBroken) throw new Error('no board')
        return Buffer.from('board')
      },
    })
    await expect(broken.open('a')).rejects.toThrow('no board')
    isBroken = false
    expect((await buffer((await broken.open('a')).body)).toString()).toBe('board')
  })
})
