import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkHoldout, checkSubmission } from './checker.ts'
import { readColumn } from './column.ts'
import { score } from './score.ts'
import { type BoxSpec, expectIds, type LabelSpec } from './spec.ts'

const text = readFileSync(new URL('../../../docs/competitions.md', import.meta.url), 'utf8')

const LABELS: LabelSpec = {
  metric: 'accuracy',
  idColumn: 'id',
  targetColumn: 'label',
  labels: { min: 0, max: 1 },
}
const BOXES: BoxSpec = {
  metric: 'map_iou',
  idColumn: 'patientId',
  boxColumns: { confidence: 'confidence', x: 'x', y: 'y', width: 'width', height: 'height' },
}

/** A holdout, a submission, and the next figure that is said to be the score. */
const EXAMPLE = /```csv holdout\n(.*?)```\s+```csv submission\n(.*?)```.*?score `([\d.]+)`/gis
const examples = [...text.matchAll(EXAMPLE)].map(([, holdout = '', submission = '', value]) => ({
  holdout: Buffer.from(holdout),
  submission: Buffer.from(submission),
  value: Number(value),
}))

describe('the worked examples of docs/competitions.md', () => {
  test('are there for both metrics', () => {
    expect(examples).toHaveLength(3)
  })

  test.each(examples)('give a score of $value', ({ holdout, submission, value }) => {
    const isBoxes = holdout.toString().startsWith('patientId')
    const spec = isBoxes ? BOXES : LABELS
    const expected = expectIds([...new Set(readColumn(holdout, spec.idColumn))])
    const truth = checkHoldout(spec, expected, holdout)
    const predicted = checkSubmission(spec, expected, submission)
    if (!truth.ok || !predicted.ok) throw new Error('An example is not a valid file.')
    expect(score(predicted.table, truth.table).primary_score).toBe(value)
  })
})
