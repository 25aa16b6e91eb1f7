import { describe, expect, test } from 'vitest'
import { shareReads } from './proxy.ts'

/** A read that answers when told to, and notes how often it began. */
function createRead() {
  const begun: PromiseWithResolvers<number>[] = []
  const read = (_key: string) => {
    const answer = Promise.withResolvers<number>()
    begun.push(answer)
    return answer.promise
  }
  return { begun, read }
}

describe(shareReads, () => {
  test('never answers with a reading that began before the caller asked', async () => {
    const { begun, read } = createRead()
    const ask = shareReads(read)
    const first = ask('a')
    const second = ask('a')
    expect(begun).toHaveLength(1)
    begun[0]?.resolve(1)
    expect(await first).toBe(1)
    await Promise.resolve()
    expect(begun).toHaveLength(2)
    begun[1]?.resolve(2)
    expect(await second).toBe(2)
  })

  test('lets everybody who waits share one reading', async () => {
    const { begun, read } = createRead()
    const ask = shareReads(read)
    const first = ask('a')
    const waiting = Array.from({ length: 50 }, () => ask('a'))
    begun[0]?.resolve(1)
    await first
    await Promise.resolve()
    expect(begun).toHaveLength(2)
    begun[1]?.resolve(2)
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([2]))
  })

  test('keeps keys apart and forgets what nobody waits for', async () => {
    const { begun, read } = createRead()
    const ask = shareReads(read)
    const both = [ask('a'), ask('b')]
    expect(begun).toHaveLength(2)
    begun[0]?.resolve(1)
    begun[1]?.resolve(2)
    expect(await Promise.all(both)).toEqual([1, 2])
    const again = ask('a')
    expect(begun).toHaveLength(3)
    begun[2]?.resolve(3)
    expect(await again).toBe(3)
  })

  test('passes a failure on to everybody who waits, and reads again for the next', async () => {
    const { begun, read } = createRead()
    const ask = shareReads(read)
    const first = ask('a')
    const second = ask('a')
    begun[0]?.reject(new Error('away'))
    await expect(first).rejects.toThrow('away')
    await expect(second).rejects.toThrow('away')
    expect(begun).toHaveLength(1)
    const third = ask('a')
    begun[1]?.resolve(3)
    expect(await third).toBe(3)
  })
})
