import { describe, expect, test } from 'vitest'
import { formatTable, percentile } from './statistics.ts'

describe(percentile, () => {
  test.each([
    { share: 0.5, value: 3 },
    { share: 0.95, value: 5 },
    { share: 0.2, value: 1 },
    { share: 0, value: 1 },
  ])('$share of five samples is $value, whatever their order', ({ share, value }) => {
    expect(percentile([4, 1, 5, 3, 2], share)).toBe(value)
  })

  test('of nothing is refused', () => {
    expect(() => percentile([], 0.5)).toThrow('no samples')
  })
})

describe(formatTable, () => {
  test('aligns names to the left and figures to the right', () => {
    expect(formatTable(['way', 'p50'], [['through Caddy', '9.1']]).split('\n')).toEqual([
      'way             p50',
      '───────────────────',
      'through Caddy   9.1',
    ])
  })
})
