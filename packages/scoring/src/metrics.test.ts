import type { Metric } from '@medforge/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { score } from './score.ts'
import type { Table } from './spec.ts'

/**
 * Each metric once more, from the words of its definition and by other means: all pairs instead of sorted ones, a table of confusion instead
 * of sums, sets of pixels instead of runs.
 */
const CASES = 10_000
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
const mean = (values: number[]) => sum(values) / values.length
const of = (rows: number, valueAt: (row: number) => number) =>
  Array.from({ length: rows }, (_, row) => valueAt(row))

const shared = (a: Set<number>, b: Set<number>) => new Set([...a].filter((one) => b.has(one)))
const either = (a: Set<number>, b: Set<number>) => new Set([...a, ...b])

type Random = (count: number) => number

/** Whole numbers from 0, `count` excluded (mulberry32). */
function createRandom(seed: number): Random {
  let state = seed
  return (count) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) % 1_000_003) % count
  }
}

type Case = { predicted: Table; truth: Table; value: number }

/** @param make  null where the metric has no value */
function expectEqual(metric: Metric, make: (random: Random) => Case | null): void {
  let counted = 0
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const made = make(createRandom(seed))
      if (made === null) return
      counted += 1
      const { primary_score } = score(metric, made.predicted, made.truth)
      // 1e-12, of the value itself where it is above 1.
      const scale = Math.max(1, Math.abs(made.value))
      expect(Math.abs(primary_score - made.value) / scale).toBeLessThan(1e-12)
    }),
    { numRuns: CASES },
  )
  expect(counted).toBeGreaterThan(CASES / 2)
}

const numbers = (...columns: number[][]): Table => ({
  kind: 'numbers',
  columns: columns.map((column) => Float64Array.from(column)),
})
const labels = (values: number[]): Table => ({ kind: 'labels', labels: Int32Array.from(values) })

describe('equals its definition in other words on 10,000 random cases', () => {
  function labelCase(valueFor: (predicted: number[], truth: number[]) => number | null) {
    return (random: Random): Case | null => {
      const [rows, classes, lowest] = [1 + random(30), 1 + random(6), random(4)]
      const label = () => lowest + random(classes)
      const [predicted, truth] = [of(rows, label), of(rows, label)]
      const value = valueFor(predicted, truth)
      return value === null ? null : { predicted: labels(predicted), truth: labels(truth), value }
    }
  }
  const rowsWhere = (values: number[], label: number) =>
    new Set(values.flatMap((value, row) => (value === label ? [row] : [])))

  test('accuracy', () => {
    expectEqual(
      'accuracy',
      labelCase((predicted, truth) => mean(truth.map((label, row) => +(predicted[row] === label)))),
    )
  })

  test('balanced accuracy', () => {
    expectEqual(
      'balanced_accuracy',
      labelCase((predicted, truth) =>
        mean(
          [...new Set(truth)].map((label) => {
            const actual = rowsWhere(truth, label)
            return shared(actual, rowsWhere(predicted, label)).size / actual.size
          }),
        ),
      ),
    )
  })

  test('macro F1', () => {
    expectEqual(
      'macro_f1',
      labelCase((predicted, truth) =>
        mean(
          [...new Set([...truth, ...predicted])].map((label) => {
            const [actual, mine] = [rowsWhere(truth, label), rowsWhere(predicted, label)]
            const hits = shared(actual, mine).size
            const [precision, recall] = [hits / mine.size, hits / actual.size]
            return hits === 0 ? 0 : (2 * precision * recall) / (precision + recall)
          }),
        ),
      ),
    )
  })

  test('quadratic weighted kappa', () => {
    expectEqual(
      'quadratic_weighted_kappa',
      labelCase((predicted, truth) => {
        if (new Set(truth).size < 2) return null
        const all = [...new Set([...truth, ...predicted])]
        let observed = 0
        let expected = 0
        for (const a of all) {
          for (const b of all) {
            const [mine, actual] = [rowsWhere(predicted, a), rowsWhere(truth, b)]
            observed += (a - b) ** 2 * shared(mine, actual).size
            expected += ((a - b) ** 2 * mine.size * actual.size) / truth.length
          }
        }
        return 1 - observed / expected
      }),
    )
  })

  function probabilityCase(
    valueFor: (predicted: number[], truth: number[]) => number | null,
  ): (random: Random) => Case | null {
    return (random) => {
      const [rows, columns, steps] = [2 + random(25), 1 + random(3), 1 + random(12)]
      const predicted = of(columns, () => 0).map(() => of(rows, () => random(steps + 1) / steps))
      const truth = of(columns, () => 0).map(() => of(rows, () => random(2)))
      const values = predicted.map((column, at) => valueFor(column, truth[at] ?? []))
      if (values.includes(null)) return null
      return {
        predicted: numbers(...predicted),
        truth: numbers(...truth),
        value: mean(values as number[]),
      }
    }
  }
  const isMixed = (truth: number[]) => truth.includes(0) && truth.includes(1)
  const valuesWhere = (predicted: number[], truth: number[], wanted: number) =>
    predicted.filter((_, row) => truth[row] === wanted)

  test('AUROC', () => {
    expectEqual(
      'auroc',
      probabilityCase((predicted, truth) => {
        if (!isMixed(truth)) return null
        const falseOnes = valuesWhere(predicted, truth, 0)
        return mean(
          valuesWhere(predicted, truth, 1).flatMap((one) =>
            falseOnes.map((other) => (one > other ? 1 : one === other ? 0.5 : 0)),
          ),
        )
      }),
    )
  })

  test('average precision', () => {
    expectEqual(
      'average_precision',
      probabilityCase((predicted, truth) => {
        if (!truth.includes(1)) return null
        const points = [...new Set(predicted)]
          .sort((a, b) => b - a)
          .map((threshold) => {
            const chosen = truth.filter((_, row) => (predicted[row] ?? 0) >= threshold)
            return { precision: mean(chosen), recall: sum(chosen) / sum(truth) }
          })
        return sum(
          points.map(
            ({ precision, recall }, at) => (recall - (points[at - 1]?.recall ?? 0)) * precision,
          ),
        )
      }),
    )
  })

  const clipped = (probability: number) => Math.min(1 - 1e-15, Math.max(1e-15, probability))

  test('log loss of one column', () => {
    expectEqual('log_loss', (random) => {
      const rows = 1 + random(25)
      const predicted = of(rows, () => random(101) / 100)
      const truth = of(rows, () => random(2))
      const value = -mean(
        predicted.map((one, row) => {
          const p = clipped(one)
          const y = truth[row] ?? 0
          return y * Math.log(p) + (1 - y) * Math.log(1 - p)
        }),
      )
      return { predicted: numbers(predicted), truth: numbers(truth), value }
    })
  })

  test('log loss of several columns', () => {
    expectEqual('log_loss', (random) => {
      const [rows, classes] = [1 + random(25), 2 + random(4)]
      const actual = of(rows, () => random(classes))
      const predicted = of(classes, () => 0).map(() => of(rows, () => random(101) / 100))
      const losses = actual.map((label, row) => {
        const given = predicted.map((column) => clipped(column[row] ?? 0))
        return Math.log(sum(given)) - Math.log(given[label] ?? 0)
      })
      const truth = predicted.map((_, label) => actual.map((one) => +(one === label)))
      return { predicted: numbers(...predicted), truth: numbers(...truth), value: mean(losses) }
    })
  })

  function valueCase(valueFor: (predicted: number[], truth: number[]) => number | null) {
    return (random: Random): Case | null => {
      const [rows, scale] = [1 + random(25), 10 ** (random(9) - 4)]
      const value = () => (random(2001) - 1000) * scale
      const [predicted, truth] = [of(rows, value), of(rows, value)]
      const expected = valueFor(predicted, truth)
      return expected === null
        ? null
        : { predicted: numbers(predicted), truth: numbers(truth), value: expected }
    }
  }
  const errors = (predicted: number[], truth: number[]) =>
    truth.map((value, row) => value - (predicted[row] ?? 0))

  test('RMSE', () => {
    expectEqual(
      'rmse',
      valueCase(
        (predicted, truth) => Math.hypot(...errors(predicted, truth)) / truth.length ** 0.5,
      ),
    )
  })

  test('MAE', () => {
    expectEqual(
      'mae',
      valueCase((predicted, truth) => mean(errors(predicted, truth).map(Math.abs))),
    )
  })

  test('R²', () => {
    expectEqual(
      'r2',
      valueCase((predicted, truth) => {
        if (new Set(truth).size < 2) return null
        const squares = (values: number[]) => sum(values.map((value) => value ** 2))
        // The spread as the mean squared distance of all pairs, which knows no mean.
        const pairs = truth.flatMap((a) => truth.map((b) => a - b))
        const spread = squares(pairs) / (2 * truth.length)
        return 1 - squares(errors(predicted, truth)) / spread
      }),
    )
  })

  test('concordance index', () => {
    expectEqual('concordance_index', (random) => {
      const [rows, moments, steps] = [2 + random(25), 1 + random(20), 1 + random(20)]
      const risks = of(rows, () => random(steps) - 5)
      const times = of(rows, () => random(moments))
      const events = of(rows, () => random(2))
      const points = risks.flatMap((risk, first) =>
        risks.flatMap((other, second) => {
          const [mine, theirs] = [times[first] ?? 0, times[second] ?? 0]
          const isKnown = mine < theirs || (mine === theirs && events[second] === 0)
          if (first === second || events[first] === 0 || !isKnown) return []
          return [risk > other ? 1 : risk === other ? 0.5 : 0]
        }),
      )
      if (points.length === 0) return null
      return { predicted: numbers(risks), truth: numbers(times, events), value: mean(points) }
    })
  })

  function maskCase(valueFor: (predicted: Set<number>, truth: Set<number>) => number) {
    return (random: Random): Case => {
      const [images, pixels] = [1 + random(4), 1 + random(40)]
      const maskOf = () =>
        new Set(of(pixels, (pixel) => pixel).filter(() => random(3) === 0 && random(5) > 0))
      const [predicted, truth] = [0, 0].map(() => of(images, () => 0).map(maskOf)) as [
        Set<number>[],
        Set<number>[],
      ]
      const value = mean(truth.map((mask, image) => valueFor(predicted[image] ?? new Set(), mask)))
      return { predicted: masks(predicted), truth: masks(truth), value }
    }
  }
  function masks(images: Set<number>[]): Table {
    const runs: number[] = []
    const bounds: number[] = []
    for (const mask of images) {
      const from = runs.length
      for (const pixel of [...mask].sort((a, b) => a - b)) {
        if (runs.length > from && runs.at(-1) === pixel) runs[runs.length - 1] = pixel + 1
        else runs.push(pixel, pixel + 1)
      }
      bounds.push(from, runs.length)
    }
    return { kind: 'masks', runs: Uint32Array.from(runs), bounds: Uint32Array.from(bounds) }
  }

  test('Dice', () => {
    expectEqual(
      'dice',
      maskCase((a, b) => (a.size + b.size === 0 ? 1 : (2 * shared(a, b).size) / (a.size + b.size))),
    )
  })

  test('IoU', () => {
    expectEqual(
      'iou',
      maskCase((a, b) => (either(a, b).size === 0 ? 1 : shared(a, b).size / either(a, b).size)),
    )
  })
})

describe('a metric', () => {
  const half: Table = numbers([0.5, 0.5])
  test.each<[string, Metric, Table, Table, number]>([
    ['AUROC is 1/2 where all are equal', 'auroc', half, numbers([1, 0]), 0.5],
    [
      'log loss stays finite where what is true was given 0',
      'log_loss',
      numbers([0]),
      numbers([1]),
      -Math.log(1e-15),
    ],
    [
      'log loss takes a row of zeros as equal ones',
      'log_loss',
      numbers([0], [0]),
      numbers([1], [0]),
      -Math.log(0.5),
    ],
    ['R² is 0 for the mean', 'r2', numbers([2, 2]), numbers([1, 3]), 0],
    [
      'kappa is 0 for one label on all',
      'quadratic_weighted_kappa',
      labels([1, 1]),
      labels([0, 2]),
      0,
    ],
    [
      'kappa is −1 for the opposite',
      'quadratic_weighted_kappa',
      labels([0, 2]),
      labels([2, 0]),
      -1,
    ],
  ])('%s', (_note, metric, predicted, truth, value) => {
    expect(score(metric, predicted, truth).primary_score).toBeCloseTo(value, 15)
  })

  test.each<[Metric, Table, Table, string]>([
    ['quadratic_weighted_kappa', labels([1, 1]), labels([1, 1]), 'the same one'],
    ['r2', numbers([1, 2]), numbers([3, 3]), 'the same'],
    ['concordance_index', numbers([1, 2]), numbers([3, 3], [0, 0]), 'can be compared'],
    ['auroc', half, numbers([1, 1]), 'no finite number'],
    ['rmse', numbers([1]), numbers([1, 2]), 'same ids'],
    ['auroc', half, numbers([1, 0], [0, 1]), 'same columns'],
    ['dice', half, half, 'different metrics'],
  ])(
    '%s throws rather than give a number that means nothing',
    (metric, predicted, truth, words) => {
      expect(() => score(metric, predicted, truth)).toThrow(words)
    },
  )
})
