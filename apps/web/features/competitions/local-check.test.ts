import { describe, expect, test } from 'vitest'
import { checkLocally, parseSample } from './local-check.ts'

const LABELS = 'PassengerId,Survived\n892,0\n893,1\n'
const BOXES = 'patientId,confidence,x,y,width,height\np1,0.9,1,2,3,4\np1,0.8,1,2,3,4\np2,,,,,\n'

function csv(text: string, name = 'prediction.csv'): File {
  return new File([text], name, { type: 'text/csv' })
}
const sample = (text: string) => async () => text

describe(parseSample, () => {
  test('takes columns and ids from the sample, each id once', () => {
    const { spec, ids } = parseSample('map_iou', `\ufeff${BOXES.replaceAll('\n', '\r\n')}`)
    expect(ids).toEqual(['p1', 'p2'])
    expect(spec).toMatchObject({ idColumn: 'patientId', boxColumns: { height: 'height' } })
  })

  test('reads an id in quotes', () => {
    expect(parseSample('accuracy', 'id,label\n"a,""1""",0\n').ids).toEqual(['a,"1"'])
  })

  test('refuses a sample without the columns of its metric', () => {
    expect(() => parseSample('map_iou', LABELS)).toThrow('boxes')
  })
})

describe(checkLocally, () => {
  test.each([
    ['labels', 'accuracy', LABELS],
    ['boxes', 'map_iou', BOXES],
  ] as const)('accepts the sample of %s itself', async (_note, metric, text) => {
    expect(await checkLocally({ metric }, csv(text), sample(text))).toEqual({ kind: 'good' })
  })

  test('lists what is wrong with a file', async () => {
    const check = await checkLocally(
      { metric: 'accuracy' },
      csv('PassengerId,Survived\n892,x\n'),
      sample(LABELS),
    )
    expect(check).toMatchObject({ kind: 'faulty', total: 2 })
  })

  test('refuses a label that the competition does not have', async () => {
    const submission_spec = {
      metric: 'accuracy',
      id_column: 'PassengerId',
      target_column: 'Survived',
      label_min: 0,
      label_max: 1,
    } as const
    const file = csv('PassengerId,Survived\n892,2\n893,1\n')
    const check = await checkLocally({ metric: 'accuracy', submission_spec }, file, sample(LABELS))
    expect(check).toMatchObject({ kind: 'faulty', faults: [{ kind: 'out_of_range', row: 2 }] })
  })

  test('refuses a label with an exponent, as the API does', async () => {
    const check = await checkLocally(
      { metric: 'accuracy' },
      csv('PassengerId,Survived\n892,0\n893,1e0\n'),
      sample(LABELS),
    )
    expect(check).toMatchObject({
      kind: 'faulty',
      faults: [{ message: expect.stringContaining('without an exponent') }],
    })
  })

  test('refuses another kind of file by its name', async () => {
    const check = await checkLocally(
      { metric: 'accuracy' },
      csv(LABELS, 'model.pkl'),
      sample(LABELS),
    )
    expect(check).toMatchObject({
      kind: 'faulty',
      faults: [{ message: expect.stringContaining('.csv') }],
    })
  })

  test('leaves the judgement to the API when the sample cannot be read', async () => {
    const check = await checkLocally({ metric: 'accuracy' }, csv(LABELS), () =>
      Promise.reject(new Error('away')),
    )
    expect(check.kind).toBe('unchecked')
  })
})
