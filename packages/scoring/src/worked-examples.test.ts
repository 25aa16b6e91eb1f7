import { readFileSync } from 'node:fs'
import type { Metric } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { checkHoldout, checkSubmission } from './checker.ts'
import { readColumn } from './column.ts'
import { score } from './score.ts'
import { expectIds, METRIC_RULES, type SubmissionSpec } from './spec.ts'

const text = readFileSync(new URL('../../../docs/competitions.md', import.meta.url), 'utf8')

/** What the columns of the examples mean; those of a metric differ in their targets alone. */
function specOf(metric: Metric, columns: string[]): SubmissionSpec {
  const [idColumn = '', targetColumn = '', ...others] = columns
  switch (metric) {
    case 'map_iou': {
      const [x = '', y = '', width = '', height = ''] = others
      return { metric, idColumn, boxColumns: { confidence: targetColumn, x, y, width, height } }
    }
    case 'dice':
    case 'iou':
      return { metric, idColumn, targetColumn, image: { width: 4, height: 4 } }
    case 'concordance_index':
      return {
        metric,
        idColumn,
        targetColumns: [targetColumn],
        holdoutColumns: ['months', 'died'],
      }
    case 'accuracy':
    case 'balanced_accuracy':
    case 'macro_f1':
    case 'quadratic_weighted_kappa':
      return { metric, idColumn, targetColumn, labels: { min: 0, max: 2 } }
    default:
      return { metric, idColumn, targetColumns: [targetColumn, ...others] }
  }
}

const VERSIONS = new Map<string, Metric>(
  Object.entries(METRIC_RULES).map(([metric, { version }]) => [version, metric as Metric]),
)

type Example = { version: string; holdout: string; submission: string; value: number }

/** Read in order: a holdout and a submission, the versions that are named, and the figures that are said to be their scores. */
function readExamples(): Example[] {
  const token = /```csv (holdout|submission)\n(.*?)```|\b(\w+-v\d+)\b|\bscore\s+`(-?[\d.]+)`/gis
  const examples: Example[] = []
  const now = { version: '', holdout: '', submission: '' }
  for (const [, role, csv = '', version, value] of text.matchAll(token)) {
    if (role === 'holdout') now.holdout = csv
    else if (role === 'submission') now.submission = csv
    else if (version) now.version = version
    else examples.push({ ...now, value: Number(value) })
  }
  return examples
}
const examples = readExamples()

describe('the worked examples of docs/competitions.md', () => {
  test('are there for every metric', () => {
    expect(new Set(examples.map(({ version }) => version))).toEqual(new Set(VERSIONS.keys()))
    expect(examples).toHaveLength(18)
  })

  test.each(examples)('of $version give a score of $value', (example) => {
    const metric = VERSIONS.get(example.version)
    if (!metric) throw new Error(`There is no ${example.version}.`)
    const [holdout, submission] = [Buffer.from(example.holdout), Buffer.from(example.submission)]
    const [header = ''] = example.submission.split('\n')
    const spec = specOf(metric, header.split(','))
    const expected = expectIds([...new Set(readColumn(holdout, spec.idColumn))])
    const truth = checkHoldout(spec, expected, holdout)
    const predicted = checkSubmission(spec, expected, submission)
    if (!truth.ok || !predicted.ok) throw new Error('An example is not a valid file.')
    expect(score(metric, predicted.table, truth.table).primary_score).toBe(example.value)
  })
})
