import { isDatabaseAway } from '@medforge/db'
import { describe, expect, test } from 'vitest'
import { batchReads } from './batch-reads.ts'

/** A read that answers when its promise is settled here, and notes for which keys it began. */
function createRead() {
  const begun: (PromiseWithResolvers<number> & { keys: readonly string[] })[] = []
  const read = (keys: readonly string[]) => {
    const answer = { ...Promise.withResolvers<number>(), keys }
    begun.push(answer)
    return answer.promise
  }
  return { begun, read }
}

describe(batchReads, () => {
  test('never answers with a reading that began before the caller asked', async () => {
    const { begun, read } = createRead()
    const ask = batchReads(read, { atOnce: 1, limitMs: 60_000 })
    const first = ask('a')
    const second = ask('a')
    expect(begun).toHaveLength(1)
    begun[0]?.resolve(1)
    expect(await first).toBe(1)
    expect(begun).toHaveLength(2)
    begun[1]?.resolve(2)
    expect(await second).toBe(2)
  })

  test('reads once for everybody who waits, whatever their keys', async () => {
    const { begun, read } = createRead()
    const ask = batchReads(read, { atOnce: 1, limitMs: 60_000 })
    const first = ask('a')
    const waiting = ['b', 'c', 'b', 'a'].map(ask)
    begun[0]?.resolve(1)
    await first
    expect(begun.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'a']])
    begun[1]?.resolve(2)
    expect(await Promise.all(waiting)).toEqual([2, 2, 2, 2])
  })

  test('begins at once while fewer readings than allowed are under way', async () => {
    const { begun, read } = createRead()
    const ask = batchReads(read, { atOnce: 2, limitMs: 60_000 })
    const both = [ask('a'), ask('b')]
    expect(begun).toHaveLength(2)
    begun[1]?.resolve(2)
    expect(await both[1]).toBe(2)
    const third = ask('c')
    expect(begun).toHaveLength(3)
    begun[2]?.resolve(3)
    expect(await third).toBe(3)
    begun[0]?.resolve(1)
    expect(await both[0]).toBe(1)
  })

  test('lets a reading that hangs hold up nobody else', async () => {
    const { begun, read } = createRead()
    const ask = batchReads(read, { atOnce: 2, limitMs: 60_000 })
    void ask('hung')
    for (let turn = 1; turn <= 3; turn += 1) {
      const answer = ask('a')
      begun[turn]?.resolve(turn)
      expect(await answer).toBe(turn)
    }
  })

  test('passes a failure on to everybody who waits, and reads again for the next', async () => {
    const { begun, read } = createRead()
    const ask = batchReads(read, { atOnce: 1, limitMs: 60_000 })
    const first = ask('a')
    const second = ask('b')
    begun[0]?.reject(new Error('away'))
    const failures = [first, second].map((each) => expect(each).rejects.toThrow('away'))
    await Promise.all(failures)
    expect(begun).toHaveLength(1)
    const third = ask('b')
    begun[1]?.resolve(3)
    expect(await third).toBe(3)
  })

  test('gives up a reading that does not come, and those who wait behind it, as of a database that is away', async () => {
    const { begun, read } = createRead()
    const ask = batchReads(read, { atOnce: 1, limitMs: 1 })
    const asked = [ask('a'), ask('b')]
    await Promise.all(asked.map((each) => expect(each).rejects.toSatisfy(isDatabaseAway)))
    const later = ask('c')
    begun[0]?.resolve(1)
    await new Promise(setImmediate)
    expect(begun.map(({ keys }) => keys)).toEqual([['a'], ['c']])
    begun[1]?.resolve(2)
    expect(await later).toBe(2)
  })
})
