import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBoardExports } from './board-exports.ts'

const MIB = 1024 * 1024

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Which file it is. */
async function nthOf(body: Readable): Promise<number> {
  if (body.readableLength === 0) await once(body, 'readable')
  return body.read(1)[0]
}

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

  test('counts every file that can be read, those too that were pushed out within their second', async () => {
    const { exports, made } = stage(3 * MIB)
    const slugs = ['a', 'b', 'c', 'd', 'e', 'a']
    const read: { body: Readable }[] = []
    for (const slug of slugs) read.push(await exports.open(slug))
    expect(made()).toBe(slugs.length)
    read.push(...(await Promise.all([...slugs, 'f', 'g'].map(exports.open))))
    for (const { body } of read) body.on('error', () => {})
    const readable = read.filter(({ body }) => !body.destroyed)
    const files = new Set(await Promise.all(readable.map(async ({ body }) => nthOf(body))))
    expect(exports.heldBytes()).toBeGreaterThanOrEqual(files.size * 3 * MIB)
    expect(exports.heldBytes()).toBeLessThanOrEqual(10 * MIB)
    await vi.advanceTimersByTimeAsync(1000)
    for (const { body } of read) if (!body.closed) await once(body.destroy(), 'close')
    expect(exports.heldBytes()).toBe(0)
  })

  test('gives nobody a board that was read more than a second before they asked, however long it takes', async () => {
    let began = 0
    const exports = createBoardExports({
      render: async () => {
        began += 1
        const bytes = Buffer.from(String(began))
        await new Promise((resolve) => setTimeout(resolve, 1500))
        return bytes
      },
    })
    const textOf = async () => (await buffer((await exports.open('a')).body)).toString()
    const first = textOf()
    await vi.advanceTimersByTimeAsync(900)
    const beside = textOf()
    await vi.advanceTimersByTimeAsync(200)
    // Waits until the first is made, and is read only then.
    const second = textOf()
    await vi.advanceTimersByTimeAsync(1300)
    const besideSecond = textOf()
    await vi.advanceTimersByTimeAsync(2000)
    expect(await Promise.all([first, beside, second, besideSecond])).toEqual(['1', '1', '2', '2'])
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
