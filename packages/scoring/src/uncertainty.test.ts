import type { Metric } from '@medforge/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countCases, pickCases } from './cases.ts'
import { clopperPearson } from './clopper-pearson.ts'
import { RESAMPLES, scoreResamples } from './resampling.ts'
import { score, valueWherePossible } from './score.ts'
import { createSeededRandom } from './seeded-random.ts'
import type { Table } from './spec.ts'
import { isTied, measureUncertainty } from './uncertainty.ts'

type Pair = { submission: Table; holdout: Table }
type Random = () => number

/** A number from 0 to 1, 1 excluded. */
function randomOf(seed: number): Random {
  const hex = (seed >>> 0).toString(16).padStart(8, '0')
  const draw = createSeededRandom(hex.repeat(4))
  return () => draw(2 ** 32) / 2 ** 32
}

/** Of the standard normal distribution, after Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function numbers(count: number, of: (at: number) => number): Table {
  return { kind: 'numbers', columns: [Float64Array.from({ length: count }, (_, at) => of(at))] }
}

function labels(random: Random, count: number): Pair {
  const truth = Int32Array.from({ length: count }, () => Math.floor(random() * 4))
  const guess = truth.map((label) => (random() < 0.7 ? label : Math.floor(random() * 4)))
  return {
    submission: { kind: 'labels', labels: guess },
    holdout: { kind: 'labels', labels: truth },
  }
}

function probabilities(random: Random, count: number): Pair {
  const truth = Float64Array.from({ length: count }, () => (random() < 0.3 ? 1 : 0))
  const probability = (at: number) =>
    1 / (1 + Math.exp(0.8 - 1.5 * (truth[at] as number) - normal(random)))
  return {
    submission: numbers(count, probability),
    holdout: { kind: 'numbers', columns: [truth] },
  }
}

function values(random: Random, count: number): Pair {
  const truth = Float64Array.from({ length: count }, () => normal(random))
  return {
    submission: numbers(count, (at) => (truth[at] as number) + 0.6 * normal(random)),
    holdout: { kind: 'numbers', columns: [truth] },
  }
}

function risks(random: Random, count: number): Pair {
  const risk = Float64Array.from({ length: count }, () => normal(random))
  const times = risk.map((one) => -Math.log(1 - random()) * Math.exp(-one))
  const events = risk.map(() => (random() < 0.7 ? 1 : 0))
  return {
    submission: { kind: 'numbers', columns: [risk] },
    holdout: { kind: 'numbers', columns: [times, events] },
  }
}

/** Each image has a run in both, of another length, or in neither. */
function masks(random: Random, count: number): Pair {
  const table = (lengths: number[]): Table => {
    let end = 0
    const bounds = lengths.map((length) => {
      const from = end
      end += length > 0 ? 2 : 0
      return [from, end]
    })
    const runs = lengths.map((length) => (length > 0 ? [10, 10 + length] : []))
    return {
      kind: 'masks',
      runs: Uint32Array.from(runs.flat()),
      bounds: Uint32Array.from(bounds.flat()),
    }
  }
  const lengths = () =>
    Array.from({ length: count }, () => (random() < 0.2 ? 0 : 1 + Math.floor(random() * 20)))
  return { submission: table(lengths()), holdout: table(lengths()) }
}

/** Half of the images have a box; most of these are found, and some others, too. */
function boxes(random: Random, count: number): Pair {
  const box = (x: number) => ({ confidence: 0.5, x, y: 0, width: 10, height: 10 })
  const truth = Array.from({ length: count }, () => (random() < 0.5 ? [box(0)] : []))
  const guess = truth.map((images) =>
    random() < 0.2 ? [box(100)] : images.map(() => box(Math.floor(random() * 6))),
  )
  return { submission: { kind: 'boxes', images: guess }, holdout: { kind: 'boxes', images: truth } }
}

const POPULATIONS: [Metric, (random: Random, count: number) => Pair][] = [
  ['balanced_accuracy', labels],
  ['macro_f1', labels],
  ['quadratic_weighted_kappa', labels],
  ['map_iou', boxes],
  ['auroc', probabilities],
  ['average_precision', probabilities],
  ['log_loss', probabilities],
  ['rmse', values],
  ['mae', values],
  ['r2', values],
  ['concordance_index', risks],
  ['dice', masks],
  ['iou', masks],
]

// biome-ignore lint/style/noProcessEnv: how ./medforge test --long, or a person, asks for more
const isLong = process.env.MEDFORGE_LONG === '1'
const SEED = '0123456789abcdef0123456789abcdef'

/** Of so many hits, where each case is one with this chance. */
function chanceOf(hits: number, cases: number, share: number): number {
  let log = hits * Math.log(share) + (cases - hits) * Math.log1p(-share)
  for (let at = 1; at <= hits; at += 1) log += Math.log((cases - hits + at) / at)
  return Math.exp(log)
}

describe(clopperPearson, () => {
  test.each([
    { hits: 8, cases: 10 },
    { hits: 15, cases: 40 },
    { hits: 321, cases: 418 },
    { hits: 1, cases: 418 },
  ])('of $hits in $cases leaves 2.5 % to each side', ({ hits, cases }) => {
    const { low, high } = clopperPearson(hits, cases)
    const chances = (share: number) =>
      Array.from({ length: cases + 1 }, (_, of) => chanceOf(of, cases, share))
    const sum = (all: number[]) => all.reduce((total, chance) => total + chance, 0)
    expect(sum(chances(low).slice(hits))).toBeCloseTo(0.025, 10)
    expect(sum(chances(high).slice(0, hits + 1))).toBeCloseTo(0.025, 10)
  })

  test('of none and of all has the closed form', () => {
    for (const cases of [1, 10, 418, 100_000]) {
      const open = 0.025 ** (1 / cases)
      expect(clopperPearson(0, cases).low).toBe(0)
      expect(clopperPearson(0, cases).high).toBeCloseTo(1 - open, 12)
      expect(clopperPearson(cases, cases).low).toBeCloseTo(open, 12)
      expect(clopperPearson(cases, cases).high).toBe(1)
    }
  })

  test('holds the true share in at least 95 % of all samples, whatever it is', () => {
    for (const cases of [5, 40, 418]) {
      const intervals = Array.from({ length: cases + 1 }, (_, hits) => clopperPearson(hits, cases))
      for (let share = 0.005; share < 1; share += 0.005) {
        const covered = intervals.reduce(
          (sum, { low, high }, hits) =>
            low <= share && share <= high ? sum + chanceOf(hits, cases, share) : sum,
          0,
        )
        expect(covered, `${share} of ${cases}`).toBeGreaterThanOrEqual(0.95)
      }
    }
  })
})

describe(scoreResamples, () => {
  test.each(POPULATIONS)('scores %s on each draw as the metric does', (metric, population) => {
    const { submission, holdout } = population(randomOf(7), 30)
    const draw = createSeededRandom(SEED)
    const places = new Uint32Array(countCases(holdout))
    const expected = Array.from({ length: RESAMPLES }, () => {
      for (let at = 0; at < places.length; at += 1) places[at] = draw(places.length)
      const [drawn, truth] = [pickCases(submission, places), pickCases(holdout, places)]
      return valueWherePossible(metric, drawn, truth)
    })
    const found = scoreResamples(metric, submission, holdout, SEED)
    expected.forEach((value, at) => {
      if (Number.isNaN(value)) expect(found[at]).toBeNaN()
      else expect(found[at]).toBeCloseTo(value, 12)
    })
  })

  test('draws every case about as often as any other', () => {
    const count = 50
    const drawn = new Array<number>(count).fill(0)
    const draw = createSeededRandom(SEED)
    for (let nth = 0; nth < count * 1000; nth += 1) {
      const place = draw(count)
      drawn[place] = (drawn[place] as number) + 1
    }
    // Five standard deviations.
    for (const times of drawn) expect(Math.abs(times - 1000)).toBeLessThan(5 * Math.sqrt(1000))
  })
})

/** The share of samples of 400 cases whose interval holds the score on everybody. */
function coverageOf(metric: Metric, population: (random: Random, count: number) => Pair): number {
  const everybody = population(randomOf(1), 200_000)
  const truth = score(metric, everybody.submission, everybody.holdout).primary_score
  const random = randomOf(2)
  let covered = 0
  for (let nth = 0; nth < SAMPLES; nth += 1) {
    const { submission, holdout } = population(random, CASES)
    const found = measureUncertainty(metric, submission, holdout, SEED)
    if (found && found.interval.low <= truth && truth <= found.interval.high) covered += 1
  }
  return covered / SAMPLES
}
const CASES = 400
const SAMPLES = isLong ? 2000 : 1000
/** Those of which a thousand draws take a few milliseconds; a long run has them all. */
const QUICK: readonly Metric[] = ['mae', 'rmse', 'dice']

describe(measureUncertainty, () => {
  test.each(POPULATIONS.filter(([metric]) => isLong || QUICK.includes(metric)))(
    'of %s holds the score on all cases that there are in 93 to 97 % of samples of 400',
    { timeout: 600_000 },
    (metric, population) => {
      const coverage = coverageOf(metric, population)
      expect(coverage).toBeGreaterThanOrEqual(0.93)
      expect(coverage).toBeLessThanOrEqual(0.97)
    },
  )

  test('is the same for the same seed, holds the score, and has another end for another seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...POPULATIONS), (seed, [metric, population]) => {
        const { submission, holdout } = population(randomOf(seed), 60)
        const found = measureUncertainty(metric, submission, holdout, SEED)
        expect(measureUncertainty(metric, submission, holdout, SEED)).toEqual(found)
        const value = score(metric, submission, holdout).primary_score
        if (!found) return
        expect(found.interval.low).toBeLessThanOrEqual(value)
        expect(found.interval.high).toBeGreaterThanOrEqual(value)
        expect(found.standard_error).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 15 },
    )
    const { submission, holdout } = values(randomOf(3), 60)
    const [one, other] = [SEED, SEED.replace('0', 'f')].map((seed) =>
      measureUncertainty('rmse', submission, holdout, seed),
    )
    expect(one?.interval).not.toEqual(other?.interval)
  })

  test('of accuracy is the exact interval of the share', () => {
    const holdout: Table = { kind: 'labels', labels: new Int32Array(418) }
    const submission: Table = {
      kind: 'labels',
      labels: Int32Array.from({ length: 418 }, (_, at) => (at < 321 ? 0 : 1)),
    }
    const share = 321 / 418
    expect(measureUncertainty('accuracy', submission, holdout, SEED)).toEqual({
      standard_error: Math.sqrt((share * (1 - share)) / 418),
      interval: clopperPearson(321, 418),
    })
  })

  test('is none where most draws leave the metric undefined', () => {
    const holdout = numbers(40, (at) => (at === 0 ? 1 : 0))
    expect(
      measureUncertainty(
        'auroc',
        numbers(40, () => 0.5),
        holdout,
        SEED,
      ),
    ).toBeNull()
  })
})

describe(isTied, () => {
  const count = 400
  const holdout: Table = { kind: 'labels', labels: new Int32Array(count) }
  const wrongFrom = (from: number, to: number): Table => ({
    kind: 'labels',
    labels: Int32Array.from({ length: count }, (_, at) => (at >= from && at < to ? 1 : 0)),
  })

  test('tells two apart whose intervals overlap, where one is right wherever the other is', () => {
    const [first, second] = [wrongFrom(0, 60), wrongFrom(0, 72)]
    const [one, other] = [first, second].map((each) =>
      measureUncertainty('accuracy', each, holdout, SEED),
    )
    expect(other?.interval.high).toBeGreaterThan(one?.interval.low ?? 1)
    expect(isTied('accuracy', second, first, holdout, SEED)).toBe(false)
  })

  test('ties two of the same scores whose faults are others', () => {
    const [first, second] = [wrongFrom(0, 60), wrongFrom(100, 172)]
    expect(isTied('accuracy', second, first, holdout, SEED)).toBe(true)
    expect(isTied('accuracy', first, first, holdout, SEED)).toBe(true)
  })

  test('ties two of equal skill in about 95 % of samples', () => {
    const TIE_SAMPLES = 300
    const random = randomOf(5)
    let tied = 0
    for (let nth = 0; nth < TIE_SAMPLES; nth += 1) {
      const { holdout: truth, submission } = values(random, CASES)
      const [actual] = truth.kind === 'numbers' ? truth.columns : []
      const other = numbers(CASES, (at) => (actual?.[at] as number) + 0.6 * normal(random))
      if (isTied('rmse', submission, other, truth, SEED)) tied += 1
    }
    expect(tied / TIE_SAMPLES).toBeGreaterThan(0.92)
    expect(tied / TIE_SAMPLES).toBeLessThan(0.98)
  })
})
