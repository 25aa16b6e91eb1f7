import { describe, expect, test } from 'vitest'
import { type CheckResult, checkHoldout, checkSubmission } from './checker.ts'
import { shapeOf, specOfShape } from './shape.ts'
import { expectIds, type MaskSpec, type NumberSpec, type SubmissionSpec } from './spec.ts'

const IDS = expectIds(['a', 'b', 'c'])
const AUROC: NumberSpec = { metric: 'auroc', idColumn: 'id', targetColumns: ['sick'] }
const CLASSES: NumberSpec = { metric: 'log_loss', idColumn: 'id', targetColumns: ['no', 'yes'] }
const R2: NumberSpec = { metric: 'r2', idColumn: 'id', targetColumns: ['age'] }
const RISK: NumberSpec = {
  metric: 'concordance_index',
  idColumn: 'id',
  targetColumns: ['risk'],
  holdoutColumns: ['months', 'died'],
}
const MASKS: MaskSpec = {
  metric: 'dice',
  idColumn: 'id',
  targetColumn: 'mask',
  image: { width: 5, height: 2 },
}
const BOXES: SubmissionSpec = {
  metric: 'map_iou',
  idColumn: 'id',
  boxColumns: { confidence: 'c', x: 'x', y: 'y', width: 'w', height: 'h' },
  accepts: { columnAliases: { id: ['Id'] }, predictionStringColumn: 'PredictionString' },
}
const KAPPA: SubmissionSpec = {
  metric: 'quadratic_weighted_kappa',
  idColumn: 'id',
  targetColumn: 'grade',
  labels: { min: 0, max: 4 },
  accepts: { labelNames: ['a', 'b', 'c', 'd', 'e'] },
}

/** A file with a row for each id. */
function csv(header: string, ...targets: string[]): Buffer {
  return Buffer.from([header, ...targets.map((cells, at) => `${IDS.ids[at]},${cells}`)].join('\n'))
}
const submit = (spec: SubmissionSpec, ...file: Parameters<typeof csv>) =>
  checkSubmission(spec, IDS, csv(...file))
const judge = (spec: SubmissionSpec, ...file: Parameters<typeof csv>) =>
  checkHoldout(spec, IDS, csv(...file))
const kinds = (result: CheckResult) =>
  result.ok ? [] : result.faults.map(({ kind, row, column }) => [kind, row, column])
const tableOf = (result: CheckResult) => (result.ok ? result.table : result.faults)

describe('a file of numbers', () => {
  test('holds a real number for each id and column, in the order of the sample', () => {
    const file = Buffer.from('yes,id,no\n1,c,0\n.5,a,5e-1\n0,b,+1.\n')
    expect(tableOf(checkSubmission(CLASSES, IDS, file))).toEqual({
      kind: 'numbers',
      columns: [Float64Array.of(0.5, 1, 0), Float64Array.of(0.5, 0, 1)],
    })
  })

  test.each([
    ['1.0000001', 'out_of_range'],
    ['-1e-9', 'out_of_range'],
    ['97', 'out_of_range'],
    ['1e999', 'not_a_number'],
    ['nan', 'not_a_number'],
    ['', 'empty_cell'],
  ])('is refused for the probability %j', (cell, kind) => {
    expect(kinds(submit(AUROC, 'id,sick', '0', cell, '1'))).toEqual([[kind, 3, 'sick']])
  })

  test.each([
    ['-1e50', true],
    ['1e51', false],
  ])('takes the value %s: %s', (cell, isTaken) => {
    expect(submit(R2, 'id,age', '0', cell, '1').ok).toBe(isTaken)
    expect(submit(RISK, 'id,risk', '0', cell, '1').ok).toBe(isTaken)
  })

  test('is refused for an id twice and one missing', () => {
    const file = Buffer.from('id,age\na,1\na,2\nb,3\n')
    expect(kinds(checkSubmission(R2, IDS, file))).toEqual([
      ['duplicate_id', 3, 'id'],
      ['missing_id', null, 'id'],
    ])
  })
})

describe('a file of masks', () => {
  test('holds the runs of each image as pixels from 0, in any order of rows', () => {
    const file = Buffer.from('mask,id\n1 2 3 1 9 2,b\n-1,c\n,a\n')
    expect(tableOf(checkSubmission(MASKS, IDS, file))).toEqual({
      kind: 'masks',
      runs: Uint32Array.of(0, 2, 2, 3, 8, 10),
      bounds: Uint32Array.of(6, 6, 0, 6, 6, 6),
    })
  })

  test.each([
    ['1', 'not_a_number', 'pairs'],
    ['1  2', 'not_a_number', 'pairs'],
    ['1 2 ', 'not_a_number', 'pairs'],
    ['1.0 2', 'not_a_number', 'pairs'],
    ['1 -2', 'not_a_number', 'pairs'],
    ['99999999999 1', 'not_a_number', 'pairs'],
    ['0 2', 'out_of_range', 'begins before pixel 1'],
    ['1 0', 'out_of_range', 'no pixels'],
    ['10 2', 'out_of_range', 'goes beyond pixel 10'],
    ['4 2 1 2', 'out_of_range', 'ascend'],
    ['1 3 3 1', 'out_of_range', 'overlap'],
  ])('is refused for the mask %j', (cell, kind, words) => {
    const result = submit(MASKS, 'id,mask', '', cell, '')
    expect(kinds(result)).toEqual([[kind, 3, 'mask']])
    expect(result).toMatchObject({ faults: [{ message: expect.stringContaining(words) }] })
  })

  test('holds more runs than fit the first piece of memory', () => {
    const spec: MaskSpec = { ...MASKS, image: { width: 100, height: 100 } }
    const runs = Array.from({ length: 2000 }, (_, nth) => `${1 + nth * 2} 1`).join(' ')
    const result = submit(spec, 'id,mask', runs, '', runs)
    if (!result.ok || result.table.kind !== 'masks') throw new Error('It was refused.')
    expect(result.table.runs.length).toBe(8000)
    expect(result.table.runs.subarray(7996)).toEqual(Uint32Array.of(3996, 3997, 3998, 3999))
  })
})

describe('a holdout', () => {
  test.each<[string, SubmissionSpec, ...Parameters<typeof csv>]>([
    ['probabilities has 0 and 1', AUROC, 'id,sick', '0', '1', '1'],
    ['classes has one 1 a row', CLASSES, 'id,no,yes', '0,1', '1,0', '1,0'],
    ['a risk has time and event', RISK, 'id,months,died', '3.5,1', '4,0', '0,0'],
    ['values differs', R2, 'id,age', '3.5', '4', '0'],
    ['masks may be empty', MASKS, 'id,mask', '', '', ''],
    ['grades has two of them', KAPPA, 'id,grade', '0', '0', '4'],
  ])('of %s', (_note, spec, ...file) => {
    expect(judge(spec, ...file)).toMatchObject({ ok: true })
  })

  test.each<[string, SubmissionSpec, ...Parameters<typeof csv>]>([
    ['probabilities without a true one', AUROC, 'id,sick', '0', '0', '0'],
    ['probabilities without a false one', AUROC, 'id,sick', '1', '1', '1'],
    ['two classes at once', CLASSES, 'id,no,yes', '1,1', '1,0', '0,1'],
    ['no class', CLASSES, 'id,no,yes', '0,0', '1,0', '0,1'],
    ['risks that nobody outlasts', RISK, 'id,months,died', '3,1', '1,0', '2,0'],
    ['values that are all the same', R2, 'id,age', '2', '2', '2'],
    ['one grade', KAPPA, 'id,grade', '2', '2', '2'],
  ])('of %s is refused, since the metric has no value there', (_note, spec, ...file) => {
    expect(kinds(judge(spec, ...file))).toEqual([['unscorable', null, null]])
  })

  test.each<[string, SubmissionSpec, unknown[], ...Parameters<typeof csv>]>([
    ['a probability', AUROC, ['out_of_range', 3, 'sick'], 'id,sick', '0', '0.5', '1'],
    ['a time below 0', RISK, ['out_of_range', 2, 'months'], 'id,months,died', '-1,1', '4,0', '0,0'],
    ['an event of 2', RISK, ['out_of_range', 3, 'died'], 'id,months,died', '1,1', '4,2', '0,0'],
  ])('is refused for %s', (_note, spec, fault, ...file) => {
    expect(kinds(judge(spec, ...file))).toEqual([fault])
  })
})

test.each<[string, SubmissionSpec]>([
  ['labels', KAPPA],
  ['probabilities', CLASSES],
  ['masks', MASKS],
  ['boxes', BOXES],
])('a spec of %s is the same after its way through the API', (_note, spec) => {
  expect(specOfShape(JSON.parse(JSON.stringify(shapeOf(spec))))).toEqual(spec)
})
