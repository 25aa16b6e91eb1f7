import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accuracy } from './label-metrics.ts'
import { mapIou, overlap } from './map-iou.ts'
import { score } from './score.ts'
import type { Box, BoxTable, LabelTable } from './spec.ts'

const labels = (...values: number[]): LabelTable => ({
  kind: 'labels',
  labels: Int32Array.from(values),
})
const boxes = (...images: Box[][]): BoxTable => ({ kind: 'boxes', images })
const box = (x: number, width = 10, confidence = 1): Box => ({
  confidence,
  x,
  y: 0,
  width,
  height: 10,
})

describe(accuracy, () => {
  test('is the share of equal labels', () => {
    expect(accuracy(labels(1, 0, 1, 1), labels(1, 1, 1, 0))).toBe(0.5)
  })

  test('equals a count by set of pairs on random labels', () => {
    const pairs = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(pairs, (rows) => {
        const wrong = new Set(rows.flatMap(([a, b], at) => (a === b ? [] : [at])))
        const value = accuracy(labels(...rows.map(([a]) => a)), labels(...rows.map(([, b]) => b)))
        expect(value).toBe((rows.length - wrong.size) / rows.length)
      }),
    )
  })

  test('refuses tables of different ids', () => {
    expect(() => accuracy(labels(1), labels(1, 1))).toThrow('same ids')
  })
})

describe(mapIou, () => {
  test.each([
    {
      note: 'is 1 for the true boxes',
      predicted: boxes([box(0)]),
      truth: boxes([box(0)]),
      value: 1,
    },
    {
      note: 'is 0 for nothing where a box is',
      predicted: boxes([]),
      truth: boxes([box(0)]),
      value: 0,
    },
    {
      note: 'counts 0 for a prediction where nothing is',
      predicted: boxes([box(0)], [box(5)]),
      truth: boxes([box(0)], []),
      value: 0.5,
    },
    {
      note: 'leaves an empty image with no prediction out',
      predicted: boxes([box(0)], []),
      truth: boxes([box(0)], []),
      value: 1,
    },
    {
      // 5 of 15 units overlap: IoU 1/3 is below every threshold.
      note: 'is 0 below the lowest threshold',
      predicted: boxes([box(5)]),
      truth: boxes([box(0)]),
      value: 0,
    },
    {
      // 10 of 20 units: IoU 0.5 passes 0.40, 0.45 and 0.50 exactly, 3 of 8.
      note: 'takes an overlap equal to the threshold',
      predicted: boxes([box(0, 20)]),
      truth: boxes([box(0, 10)]),
      value: 3 / 8,
    },
    {
      // One hit, one false positive, one miss at every threshold: 1/3.
      note: 'divides by hits, false positives and misses',
      predicted: boxes([box(0), box(500)]),
      truth: boxes([box(0), box(100)]),
      value: 1 / 3,
    },
  ])('$note', ({ predicted, truth, value }) => {
    expect(mapIou(predicted, truth)).toBeCloseTo(value, 15)
  })

  test('gives the worked example of docs/competitions.md', () => {
    const truth = boxes([box(0)], [box(0), box(100)], [], [])
    const predicted = boxes([box(0, 20)], [box(0), box(500)], [box(0)], [])
    expect(mapIou(predicted, truth)).toBe((3 / 8 + 1 / 3 + 0) / 3)
  })

  test('lets the more confident prediction choose first, and the first of equal ones', () => {
    // Both overlap the left box most; only the shifted one can fall back on the right box, up to 0.50.
    const truth = boxes([box(0), box(5)])
    const shifted = (confidence: number): Box => ({ ...box(2), confidence })
    const exact = (confidence: number): Box => ({ ...box(0), confidence })
    const shiftedFirst = mapIou(boxes([shifted(0.9), exact(0.8)]), truth)
    const exactFirst = mapIou(boxes([shifted(0.8), exact(0.9)]), truth)
    expect(exactFirst).not.toBe(shiftedFirst)
    expect(mapIou(boxes([shifted(0.5), exact(0.5)]), truth)).toBe(shiftedFirst)
    expect(mapIou(boxes([exact(0.5), shifted(0.5)]), truth)).toBe(exactFirst)
  })

  test('equals an implementation written from the rule in another style, on random images', () => {
    const image = fc.record({ truth: someBoxes(3), predicted: someBoxes(5) })
    const images = fc.array(image, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(images, (cases) => {
        fc.pre(cases.some(({ truth }) => truth.length > 0))
        const truth = boxes(...cases.map((one) => one.truth))
        const predicted = boxes(...cases.map((one) => one.predicted))
        expect(mapIou(predicted, truth)).toBeCloseTo(mapIouByRule(predicted, truth), 12)
      }),
      { numRuns: 400 },
    )
  }, 30_000)

  test('does not depend on the order of images', () => {
    const truth = [[box(0)], [box(50), box(70)], []]
    const predicted = [[box(1)], [box(50)], [box(3)]]
    const value = mapIou(boxes(...predicted), boxes(...truth))
    expect(mapIou(boxes(...predicted.toReversed()), boxes(...truth.toReversed()))).toBe(value)
  })
})

describe(overlap, () => {
  test('is symmetric, in 0..1, and 1 for a box with itself', () => {
    fc.assert(
      fc.property(someBox(), someBox(), (a, b) => {
        expect(overlap(a, b)).toBe(overlap(b, a))
        expect(overlap(a, b)).toBeGreaterThanOrEqual(0)
        expect(overlap(a, b)).toBeLessThanOrEqual(1)
        expect(overlap(a, a)).toBe(1)
      }),
    )
  })

  test('stays finite for extreme boxes', () => {
    const tiny = { confidence: 1, x: 1e9, y: 1e9, width: 1e-300, height: 1e-300 }
    const huge = { confidence: 1, x: -1e9, y: -1e9, width: 1e9, height: 1e9 }
    for (const a of [tiny, huge]) {
      for (const b of [tiny, huge]) expect(Number.isFinite(overlap(a, b))).toBe(true)
    }
  })
})

describe(score, () => {
  test('tells nothing beside the primary score', () => {
    expect(score('accuracy', labels(1, 0), labels(1, 1))).toEqual({
      primary_score: 0.5,
      score_components: { accuracy: 0.5 },
    })
  })

  test('gives each secondary metric what it would give as the one that ranks', () => {
    const [predicted, truth] = [labels(1, 0, 1), labels(1, 1, 0)]
    const { primary_score, score_components } = score('accuracy', predicted, truth, ['macro_f1'])
    expect(primary_score).toBe(1 / 3)
    expect(score_components).toEqual({
      accuracy: 1 / 3,
      macro_f1: score('macro_f1', predicted, truth).primary_score,
    })
  })

  test('leaves a secondary metric out that has no value, and gives the score', () => {
    const same = labels(1, 1)
    expect(score('accuracy', same, same, ['quadratic_weighted_kappa'])).toEqual({
      primary_score: 1,
      score_components: { accuracy: 1 },
    })
  })

  test('refuses a submission of another metric', () => {
    expect(() => score('accuracy', labels(1), boxes([box(0)]))).toThrow('different metrics')
  })

  test('throws rather than give a number when nothing counts', () => {
    expect(() => score('map_iou', boxes([]), boxes([]))).toThrow('no boxes')
  })
})

function someBox(): fc.Arbitrary<Box> {
  const pixel = fc.integer({ min: 0, max: 12 })
  const size = fc.integer({ min: 1, max: 12 })
  const confidence = fc.constantFrom(0.1, 0.5, 0.9)
  return fc.record({ confidence, x: pixel, y: pixel, width: size, height: size })
}

function someBoxes(maxLength: number): fc.Arbitrary<Box[]> {
  return fc.array(someBox(), { maxLength })
}

/** The rule, recursively and by sets of unit squares: boxes of whole pixels are sets, and their overlap is counted. */
function mapIouByRule(predicted: BoxTable, truth: BoxTable): number {
  const squares = (one: Box) => {
    const columns = Array.from({ length: one.width }, (_, at) => one.x + at)
    const rows = Array.from({ length: one.height }, (_, at) => one.y + at)
    return new Set(columns.flatMap((column) => rows.map((row) => `${column}/${row}`)))
  }
  const jaccard = (a: Box, b: Box) => {
    const [left, right] = [squares(a), squares(b)]
    const shared = [...left].filter((square) => right.has(square)).length
    return shared / new Set([...left, ...right]).size
  }
  const hits = (queue: Box[], free: Box[], threshold: number): number => {
    const [first, ...later] = queue
    if (!first) return 0
    const [choice] = free
      .filter((one) => jaccard(first, one) >= threshold)
      .sort((a, b) => jaccard(first, b) - jaccard(first, a))
    return choice
      ? 1 +
          hits(
            later,
            free.filter((one) => one !== choice),
            threshold,
          )
      : hits(later, free, threshold)
  }
  const byConfidence = (list: readonly Box[]) =>
    list
      .map((one, at) => ({ one, at }))
      .sort((a, b) => b.one.confidence - a.one.confidence || a.at - b.at)
      .map(({ one }) => one)
  const precisionAt = (queue: readonly Box[], all: readonly Box[], threshold: number) => {
    const truePositives = hits(byConfidence(queue), [...all], threshold)
    const falsePositives = queue.length - truePositives
    const falseNegatives = all.length - truePositives
    return truePositives / (truePositives + falsePositives + falseNegatives)
  }
  const scores = truth.images.flatMap((all, index) => {
    const queue = predicted.images[index] ?? []
    if (all.length === 0) return queue.length === 0 ? [] : [0]
    const thresholds = [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75]
    return [thresholds.reduce((sum, t) => sum + precisionAt(queue, all, t), 0) / 8]
  })
  return scores.reduce((sum, value) => sum + value, 0) / scores.length
}
