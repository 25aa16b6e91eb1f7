import { describe, expect, test } from 'vitest'
import { medianOf } from './step-medians.ts'

describe(medianOf, () => {
  test.each([
    [[], null],
    [[7], 7],
    [[9, 1], 1],
    [[30, 10, 20], 20],
    [[100, 2, 30, 4], 4],
  ])('of %j is %j', (values, median) => expect(medianOf(values)).toBe(median))
})
