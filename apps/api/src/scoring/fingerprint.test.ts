import type { Box } from '@medforge/scoring'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countChangedRows, fingerprintOf } from './fingerprint.ts'

const labels = (values: number[]) =>
  fingerprintOf({ metric: 'accuracy', labels: Int32Array.from(values) })
const box = (x: number): Box => ({ confidence: 0.5, x, y: 1, width: 2, height: 3 })

describe(countChangedRows, () => {
  test('counts the ids whose label differs, exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { minLength: 1 }), (pairs) => {
        const expected = pairs.filter(([a, b]) => a !== b).length
        const [a, b] = [labels(pairs.map(([one]) => one)), labels(pairs.map(([, one]) => one))]
        expect(countChangedRows(a, b, pairs.length)).toBe(expected)
      }),
    )
  })

  test('counts an image whose boxes moved, came, went or changed their order', () => {
    const of = (images: Box[][]) => fingerprintOf({ metric: 'map_iou', images })
    const base = of([[box(1), box(2)], [], [box(3)]])
    expect(countChangedRows(base, of([[box(1), box(2)], [], [box(3)]]), 9)).toBe(0)
    expect(countChangedRows(base, of([[box(2), box(1)], [box(4)], []]), 9)).toBe(3)
    expect(countChangedRows(base, of([[box(1), box(2.5)], [], [box(3)]]), 9)).toBe(1)
  })

  test('stops behind its limit, and compares only files about the same ids', () => {
    expect(countChangedRows(labels([1, 1, 1, 1, 1]), labels([0, 0, 0, 0, 0]), 2)).toBe(3)
    expect(countChangedRows(labels([1, 1]), labels([1]), 2)).toBeNull()
  })
})
