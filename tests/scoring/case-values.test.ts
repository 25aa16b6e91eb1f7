import { METRICS, type Metric } from '@medforge/contracts'
import {
  caseValues,
  checkHoldout,
  checkSubmission,
  expectIds,
  hasCaseValues,
  readColumn,
  score,
  specOfShape,
} from '@medforge/scoring'
import { describe, expect, test } from 'vitest'
import { randomPairs } from './random-files.ts'

const withCases = METRICS.filter(hasCaseValues)

/** Tables of random files of this metric. */
function tablesOf(metric: Metric, seed: number, predictions: number) {
  return randomPairs(metric, seed, predictions).map((pair) => {
    const spec = {
      ...specOfShape(pair.shape),
      ...(metric === 'concordance_index' ? { holdoutColumns: ['months', 'died'] } : {}),
    }
    const [holdout, file] = [Buffer.from(pair.labels), Buffer.from(pair.predictions)]
    const expected = expectIds([...new Set(readColumn(holdout, spec.idColumn))])
    const truth = checkHoldout(spec, expected, holdout)
    const checked = checkSubmission(spec, expected, file)
    if (!truth.ok || !checked.ok) throw new Error(`No valid pair of ${metric}.`)
    return { predicted: checked.table, truth: truth.table }
  })
}

describe(caseValues, () => {
  test.each(withCases)('of %s have the score as their mean, to the bit', (metric) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      for (const { predicted, truth } of tablesOf(metric, seed, 20)) {
        const values = caseValues(metric, predicted, truth).filter((value) => !Number.isNaN(value))
        const { primary_score } = score(metric, predicted, truth)
        if (metric === 'rmse') {
          const squares = values.map((value) => value * value)
          const root = Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / values.length)
          expect(Math.abs(root / primary_score - 1)).toBeLessThan(1e-12)
        } else {
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length
          expect(mean).toBe(primary_score)
        }
      }
    }
  })

  test('leave an image out that has no boxes and no prediction, as the score does', () => {
    const box = { confidence: 1, x: 0, y: 0, width: 10, height: 10 }
    const truth = { kind: 'boxes', images: [[box], [], []] } as const
    const predicted = { kind: 'boxes', images: [[box], [box], []] } as const
    expect([...caseValues('map_iou', predicted, truth)]).toEqual([1, 0, Number.NaN])
  })

  test.each(METRICS.filter((metric) => !hasCaseValues(metric)))(
    'of %s are none: it compares ids with one another',
    (metric) => {
      const [pair] = tablesOf(metric, 1, 1)
      if (!pair) throw new Error('There is no pair.')
      expect(() => caseValues(metric, pair.predicted, pair.truth)).toThrow(
        'no value of an id alone',
      )
    },
  )
})
