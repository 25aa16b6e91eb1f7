import type { SubmissionShape } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { checkLocally } from './local-check.ts'

const LABELS = 'PassengerId,Survived\n892,0\n893,1\n'
const BOXES = 'patientId,confidence,x,y,width,height\np1,0.9,1,2,3,4\np1,0.8,1,2,3,4\np2,,,,,\n'
const QUOTED = '\ufeffPassengerId,Survived\r\n"a,""1""",0\r\n'

const SURVIVAL: SubmissionShape = {
  metric: 'accuracy',
  id_column: 'PassengerId',
  target_column: 'Survived',
  label_min: 0,
  label_max: 1,
}
const OPACITIES: SubmissionShape = {
  metric: 'map_iou',
  id_column: 'patientId',
  box_columns: { confidence: 'confidence', x: 'x', y: 'y', width: 'width', height: 'height' },
}

function csv(text: string, name = 'prediction.csv'): File {
  return new File([text], name, { type: 'text/csv' })
}
const check = (text: string, submission_spec: SubmissionShape = SURVIVAL, sample = LABELS) =>
  checkLocally({ submission_spec }, csv(text), async () => sample)

describe(checkLocally, () => {
  test.each([
    ['labels', SURVIVAL, LABELS],
    ['boxes', OPACITIES, BOXES],
    ['ids in quotes', SURVIVAL, QUOTED],
  ])('accepts the sample of %s itself', async (_note, shape, text) => {
    expect(await check(text, shape, text)).toEqual({ kind: 'good' })
  })

  test('lists what is wrong with a file', async () => {
    expect(await check('PassengerId,Survived\n892,x\n')).toMatchObject({ kind: 'faulty', total: 2 })
  })

  test('refuses a label that the competition does not have', async () => {
    expect(await check('PassengerId,Survived\n892,2\n893,1\n')).toMatchObject({
      kind: 'faulty',
      faults: [{ kind: 'out_of_range', row: 2 }],
    })
  })

  test('refuses a label with an exponent, as the API does', async () => {
    expect(await check('PassengerId,Survived\n892,0\n893,1e0\n')).toMatchObject({
      kind: 'faulty',
      faults: [{ message: expect.stringContaining('without an exponent') }],
    })
  })

  test('refuses another kind of file by its name', async () => {
    const model = csv(LABELS, 'model.pkl')
    expect(
      await checkLocally({ submission_spec: SURVIVAL }, model, async () => LABELS),
    ).toMatchObject({
      kind: 'faulty',
      faults: [{ message: expect.stringContaining('.csv') }],
    })
  })

  test.each<[string, SubmissionShape | null, () => Promise<string>]>([
    ['the sample cannot be read', SURVIVAL, () => Promise.reject(new Error('away'))],
    ['the API does not name the columns', null, async () => LABELS],
  ])('leaves the judgement to the API when %s', async (_note, submission_spec, readSample) => {
    const { kind } = await checkLocally({ submission_spec }, csv(LABELS), readSample)
    expect(kind).toBe('unchecked')
  })
})
