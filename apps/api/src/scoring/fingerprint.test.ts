import type { Box } from '@medforge/scoring'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countChangedRows, fingerprintOf } from './fingerprint.ts'

const labels = (values: number[]) =>
  fingerprintOf({ kind: 'labels', labels: Int32Array.from(values) })
const box = (x: number, confidence = 0.5): Box => ({ confidence, x, y: 1, width: 2, height: 3 })

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
    const of = (images: Box[][]) => fingerprintOf({ kind: 'boxes', images })
    const base = of([[box(1), box(2)], [], [box(3)]])
    expect(countChangedRows(base, of([[box(1), box(2)], [], [box(3)]]), 9)).toBe(0)
    expect(countChangedRows(base, of([[box(2), box(1)], [box(4)], []]), 9)).toBe(3)
    expect(countChangedRows(base, of([[box(1), box(2.5)], [], [box(3)]]), 9)).toBe(1)
  })

  test('is not misled by other confidences in the same order, nor by moves too small to matter', () => {
    const of = (images: Box[][]) => fingerprintOf({ kind: 'boxes', images })
    const base = of([[box(1, 0.9), box(2, 0.8)], [box(3, 1)]])
    const same = of([[box(1.01, 0.5), box(2, 0.4)], [box(3, 0.01)]])
    const written = of([[box(2, 0.8), box(1, 0.9)], [box(3, 1)]])
    const reordered = of([[box(1, 0.4), box(2, 0.5)], [box(3, 0.5)]])
    expect(countChangedRows(base, same, 9)).toBe(0)
    expect(countChangedRows(base, written, 9)).toBe(0)
    expect(countChangedRows(base, reordered, 9)).toBe(1)
  })

  test('counts an id any of whose numbers differs, and an image whose mask does', () => {
    const numbers = (...columns: number[][]) =>
      fingerprintOf({ kind: 'numbers', columns: columns.map((one) => Float64Array.from(one)) })
    const base = numbers([0.1, 0.2, 0], [0.9, 0.8, 1])
    expect(countChangedRows(base, numbers([0.1, 0.2, -0], [0.9, 0.8, 1]), 9)).toBe(0)
    expect(countChangedRows(base, numbers([0.1, 0.3, 0], [0.9, 0.8, 0.5]), 9)).toBe(2)
    const masks = (runs: number[], bounds: number[]) =>
      fingerprintOf({
        kind: 'masks',
        runs: Uint32Array.from(runs),
        bounds: Uint32Array.from(bounds),
      })
    const one = masks([0, 4, 6, 8], [0, 2, 2, 4, 4, 4])
    // The same masks from rows in another order.
    expect(countChangedRows(one, masks([6, 8, 0, 4], [2, 4, 0, 2, 2, 2]), 9)).toBe(0)
    expect(countChangedRows(one, masks([0, 4, 6, 9], [0, 2, 2, 4, 0, 2]), 9)).toBe(2)
  })

  test('tells labels apart that are larger than two bytes hold', () => {
    expect(countChangedRows(labels([0, 1, 70_000]), labels([65_536, 1, 70_001]), 9)).toBe(2)
  })

  test('stops behind its limit, and compares only files about the same ids', () => {
    expect(countChangedRows(labels([1, 1, 1, 1, 1]), labels([0, 0, 0, 0, 0]), 2)).toBe(3)
    expect(countChangedRows(labels([1, 1]), labels([1]), 2)).toBeNull()
  })
})
