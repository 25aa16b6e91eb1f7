import { describe, expect, test } from 'vitest'
import { formatTable, percentile, slope } from './statistics.ts'

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

describe(slope, () => {
  test('is that of the line, whatever a single point does', () => {
    const line = [0, 1, 2, 3, 4, 5].map((x) => ({ x, y: 10 + 2 * x }))
    expect(slope(line.with(3, { x: 3, y: 500 }))).toBe(2)
  })

  test('of fewer than two points is none', () => {
    expect(slope([{ x: 0, y: 1 }])).toBe(0)
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
