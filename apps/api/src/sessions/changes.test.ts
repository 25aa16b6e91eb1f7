import { describe, expect, test } from 'vitest'
import { createChangeFeed } from './changes.ts'

describe(createChangeFeed, () => {
  test('wakes those who wait for a session, and nobody else', async () => {
    const feed = createChangeFeed()
    using one = feed.watch('one')
    using other = feed.watch('other')
    const waits = [one.next(10_000), other.next(5)]
    feed.notify('one')
    expect(await Promise.all(waits)).toEqual([true, false])
  })

  test('loses nothing that happens between two waits', async () => {
    const feed = createChangeFeed()
    using watch = feed.watch('one')
    feed.notify('one')
    expect(await watch.next(10_000)).toBe(true)
    expect(await watch.next(1)).toBe(false)
  })

  test('ends a wait when its signal aborts', async () => {
    const feed = createChangeFeed()
    using watch = feed.watch('one')
    const leaving = new AbortController()
    const wait = watch.next(10_000, leaving.signal)
    leaving.abort()
    expect(await wait).toBe(false)
  })

  test('tells nothing to a watch that was given back', async () => {
    const feed = createChangeFeed()
    const watch = feed.watch('one')
    watch[Symbol.dispose]()
    feed.notify('one')
    expect(await watch.next(1)).toBe(false)
  })
})
