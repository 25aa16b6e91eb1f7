import { describe, expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

describe(BoundedMap, () => {
  test('holds the entries that were set last', () => {
    const map = new BoundedMap<string, number>(2)
    map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
    expect([...map]).toEqual([
      ['a', 3],
      ['c', 4],
    ])
  })

  test('makes room for a key that is undefined as for any other', () => {
    const map = new BoundedMap<string | undefined, number>(1)
    map.set(undefined, 1).set('a', 2)
    expect([...map]).toEqual([['a', 2]])
  })
})
