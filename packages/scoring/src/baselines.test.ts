import type { Metric } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { makeBaseline } from './baselines.ts'
import { score } from './score.ts'
import type { Table } from './spec.ts'

const SEED = '0123456789abcdef0123456789abcdef'
const COUNT = 2000
const every = (of: (at: number) => number) =>
  Float64Array.from({ length: COUNT }, (_, at) => of(at))

const LABELS: Table = {
  kind: 'labels',
  labels: Int32Array.from({ length: COUNT }, (_, at) => (at % 10 < 6 ? 3 : at % 10)),
}
const CLASSES: Table = { kind: 'numbers', columns: [every((at) => (at % 4 === 0 ? 1 : 0))] }
const VALUES: Table = { kind: 'numbers', columns: [every((at) => at % 7)] }
const TIMES: Table = { kind: 'numbers', columns: [every((at) => at), every(() => 1)] }
const BOX = { confidence: 1, x: 0, y: 0, width: 10, height: 10 }
const BOXES: Table = {
  kind: 'boxes',
  images: Array.from({ length: COUNT }, (_, at) => (at % 4 === 0 ? [BOX] : [])),
}
const MASKS: Table = {
  kind: 'masks',
  runs: Uint32Array.from([0, 8]),
  bounds: Uint32Array.from(
    Array.from({ length: COUNT }, (_, at) => (at % 4 === 0 ? [0, 2] : [0, 0])).flat(),
  ),
}

function chanceOf(baseline: 'random' | 'majority', metric: Metric, holdout: Table): number {
  return score(metric, makeBaseline(baseline, metric, holdout, SEED), holdout).primary_score
}

describe(makeBaseline, () => {
  test.each([
    // Six of ten have one label, and one of ten each of four others.
    { metric: 'accuracy', holdout: LABELS, random: 0.6 ** 2 + 4 * 0.1 ** 2, majority: 0.6 },
    { metric: 'auroc', holdout: CLASSES, random: 0.5, majority: 0.5 },
    { metric: 'r2', holdout: VALUES, random: -1, majority: 0 },
    { metric: 'concordance_index', holdout: TIMES, random: 0.5, majority: 0.5 },
    // An image counts where either has a box, 7 of 16, and both have one in 1 of 16.
    { metric: 'map_iou', holdout: BOXES, random: 1 / 7, majority: 0 },
    { metric: 'dice', holdout: MASKS, random: 0.75 ** 2 + 0.25 ** 2, majority: 0.75 },
  ] as const)('scores $metric as chance does, and as one answer for all does', (each) => {
    expect(Math.abs(chanceOf('random', each.metric, each.holdout) - each.random)).toBeLessThan(0.1)
    expect(chanceOf('majority', each.metric, each.holdout)).toBeCloseTo(each.majority, 10)
  })

  test('is the same for the same seed, and another for another', () => {
    const random = (seed: string) => makeBaseline('random', 'accuracy', LABELS, seed)
    expect(random(SEED)).toEqual(random(SEED))
    expect(random(SEED)).not.toEqual(random(SEED.replace('0', 'f')))
  })
})
