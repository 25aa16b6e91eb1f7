import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CheckResult, checkHoldout, checkSubmission } from './checker.ts'
import { type BoxSpec, expectIds, type LabelSpec } from './spec.ts'

const LABELS: LabelSpec = {
  metric: 'accuracy',
  idColumn: 'PassengerId',
  targetColumn: 'Survived',
  labels: { min: 0, max: 1 },
}
const BOXES: BoxSpec = {
  metric: 'map_iou',
  idColumn: 'patientId',
  boxColumns: { confidence: 'confidence', x: 'x', y: 'y', width: 'width', height: 'height' },
}
const PASSENGERS = expectIds(['892', '893', '894'])
const PATIENTS = expectIds(['p1', 'p2'])
const BOX_HEADER = 'patientId,confidence,x,y,width,height\n'

const checkLabels = (text: string) => checkSubmission(LABELS, PASSENGERS, Buffer.from(text))
const checkBoxes = (rows: string) =>
  checkSubmission(BOXES, PATIENTS, Buffer.from(BOX_HEADER + rows))

function kinds(result: CheckResult) {
  return result.ok ? [] : result.faults.map(({ kind, row, column }) => [kind, row, column])
}

describe('a file of labels', () => {
  test.each([
    { note: 'rows in any order', text: 'PassengerId,Survived\n894,0\n892,1\n893,1\n' },
    { note: 'columns in any order', text: 'Survived,PassengerId\n1,892\n1,893\n0,894\n' },
    { note: 'extra columns', text: 'x,PassengerId,x,Survived\n,892,?,1\n,893,,1\n,894,,0\n' },
    {
      note: 'BOM, CRLF and quotes',
      text: '\ufeff"PassengerId","Survived"\r\n"892",1\r\n893,1\r\n894,"0"',
    },
    {
      note: 'labels written as decimals',
      text: 'PassengerId,Survived\n892,1.0\n893,+1.\n894,-.00\n',
    },
  ])('is accepted with $note', ({ text }) => {
    expect(checkLabels(text)).toEqual({
      ok: true,
      table: { kind: 'labels', labels: Int32Array.of(1, 1, 0) },
    })
  })

  test.each([
    { note: 'an empty file', text: '', faults: [['empty_file', null, null]] },
    {
      note: 'a header alone',
      text: 'PassengerId,Survived\n',
      faults: [['missing_id', null, 'PassengerId']],
    },
    {
      note: 'another spelling of a column',
      text: 'PassengerId, Survived\n892,1\n893,1\n894,1\n',
      faults: [['missing_column', 1, 'Survived']],
    },
    {
      note: 'a column that is there twice',
      text: 'PassengerId,Survived,Survived\n892,1,1\n893,1,1\n894,1,1\n',
      faults: [['duplicate_column', 1, 'Survived']],
    },
    {
      note: 'an id twice, one unknown and one missing',
      text: 'PassengerId,Survived\n892,1\n892,1\nx893,1\n894,1\n',
      faults: [
        ['duplicate_id', 3, 'PassengerId'],
        ['unknown_id', 4, 'PassengerId'],
        ['missing_id', null, 'PassengerId'],
      ],
    },
    {
      note: 'a short, a long and an empty row',
      text: 'PassengerId,Survived\n892\n893,1,1\n\n894,1\n\n',
      faults: [
        ['short_row', 2, null],
        ['long_row', 3, null],
        ['blank_line', 4, null],
      ],
    },
    {
      note: 'cells that are empty',
      text: 'PassengerId,Survived\n892,\n893,1\n894,1\n,0\n',
      faults: [
        ['empty_cell', 2, 'Survived'],
        ['empty_cell', 5, 'PassengerId'],
      ],
    },
    {
      note: 'a malformed line, after the faults before it',
      text: 'PassengerId,Survived\n892,2\n893,"1"1\n',
      faults: [
        ['out_of_range', 2, 'Survived'],
        ['malformed_csv', 3, null],
      ],
    },
  ])('is refused for $note', ({ text, faults }) => {
    expect(kinds(checkLabels(text))).toEqual(faults)
  })

  test.each([
    'nan',
    'NaN',
    'inf',
    '1e309',
    '0x1',
    '0b1',
    '١',
    '１',
    '1,5',
    '1_0',
    ' 1',
    '1 ',
    '\u00a01',
    '--1',
    '.',
    'e1',
    '1e1000',
    '1e0',
    '1E+00',
    '1e300',
    'true',
    '=1',
  ])('is refused for the number %j', (cell) => {
    const text = `PassengerId,Survived\n892,"${cell}"\n893,1\n894,1\n`
    expect(kinds(checkLabels(text))).toEqual([['not_a_number', 2, 'Survived']])
  })

  test.each(['2', '-1', '0.5', '.1', '0.99999999999999999999', '1.0000000000000000001'])(
    'is refused for the label %s',
    (cell) => {
      const text = `PassengerId,Survived\n892,${cell}\n893,1\n894,1\n`
      expect(kinds(checkLabels(text))).toEqual([['out_of_range', 2, 'Survived']])
    },
  )

  test.each(['1e0', '10E-1', '1.0e+00', '0.99999999999999999999'])(
    'that was accepted before with the label %s is read as it was then',
    (cell) => {
      const file = Buffer.from(`PassengerId,Survived\n892,${cell}\n893,1\n894,1\n`)
      expect(checkSubmission(LABELS, PASSENGERS, file).ok).toBe(false)
      expect(checkSubmission(LABELS, PASSENGERS, file, { isStored: true })).toEqual({
        ok: true,
        table: { kind: 'labels', labels: Int32Array.of(1, 1, 1) },
      })
    },
  )

  test('names its missing columns sorted', () => {
    const result = checkSubmission(BOXES, PATIENTS, Buffer.from('confidence,x\n'))
    expect(result).toMatchObject({ missingColumns: ['height', 'patientId', 'width', 'y'] })
  })

  test('lists each kind of fault once, with its count and first places', () => {
    const ids = expectIds(Array.from({ length: 200 }, (_, index) => `i${index}`))
    const rows = ids.ids.slice(0, 120).map((id) => `${id},7\n`)
    const result = checkSubmission(
      LABELS,
      ids,
      Buffer.from(`PassengerId,Survived\n${rows.join('')}`),
    )
    expect(result).toMatchObject({ ok: false, total: 200 })
    if (result.ok) return
    expect(result.faults).toEqual([
      {
        kind: 'missing_id',
        row: null,
        column: 'PassengerId',
        count: 80,
        message: '80 ids are missing: "i120", "i121", "i122", "i123", "i124", ….',
      },
      {
        kind: 'out_of_range',
        row: 2,
        column: 'Survived',
        count: 120,
        message:
          '120 cells of "Survived" are no whole number from 0 to 1: Row 2: "7", Row 3: "7", Row 4: "7", Row 5: "7", Row 6: "7", ….',
      },
    ])
  })

  test('never echoes control, bidirectional or very long text', () => {
    const cell = `\u202e\u0007${'x'.repeat(500)}`
    const result = checkLabels(`PassengerId,Survived\n892,"${cell}"\n893,1\n894,1\n`)
    expect(result).toMatchObject({
      faults: [{ message: expect.stringMatching(/"\ufffd\ufffdx{38}…"/) }],
    })
  })

  test('shows blanks that cannot be seen by what they are', () => {
    const result = checkLabels('PassengerId,Survived\n892,"\t"\n893,"\u00a0x"\n894,1\n')
    const text = JSON.stringify(result)
    expect(text).toContain(JSON.stringify('"\\t"').slice(1, -1))
    expect(text).toContain(JSON.stringify('"\\u00a0x"').slice(1, -1))
  })

  test('is not fooled by names of object properties', () => {
    const text = 'PassengerId,Survived\n__proto__,1\nconstructor,1\n'
    expect(kinds(checkLabels(text))).toEqual([
      ['unknown_id', 2, 'PassengerId'],
      ['missing_id', null, 'PassengerId'],
    ])
  })
})

describe('a file of boxes', () => {
  test('holds any number of boxes an image, or one row that says there are none', () => {
    expect(checkBoxes('p1,0.5,1,2,3,4\np2,,,,,\np1,.9,-1,0,1e2,4\n')).toEqual({
      ok: true,
      table: {
        kind: 'boxes',
        images: [
          [
            { confidence: 0.5, x: 1, y: 2, width: 3, height: 4 },
            { confidence: 0.9, x: -1, y: 0, width: 100, height: 4 },
          ],
          [],
        ],
      },
    })
  })

  test.each([
    {
      note: 'a box that is not whole',
      rows: 'p1,0.5,1,,3,4\np2,,,,,\n',
      fault: ['empty_cell', 2, 'y'],
    },
    {
      note: 'a box without a width',
      rows: 'p1,0.5,1,1,0,4\np2,,,,,\n',
      fault: ['out_of_range', 2, 'width'],
    },
    {
      note: 'a box beyond every image',
      rows: 'p1,1,1e300,1,1,4\np2,,,,,\n',
      fault: ['out_of_range', 2, 'x'],
    },
    {
      note: '"nothing" twice',
      rows: 'p1,,,,,\np1,,,,,\np2,,,,,\n',
      fault: ['duplicate_id', 3, 'patientId'],
    },
    {
      note: 'a box after "nothing"',
      rows: 'p1,,,,,\np1,1,1,1,1,1\np2,,,,,\n',
      fault: ['duplicate_id', 3, 'patientId'],
    },
    {
      note: '"nothing" after a box',
      rows: 'p1,1,1,1,1,1\np1,,,,,\np2,,,,,\n',
      fault: ['duplicate_id', 3, 'patientId'],
    },
    { note: 'an image left out', rows: 'p1,,,,,\n', fault: ['missing_id', null, 'patientId'] },
  ])('is refused for $note', ({ rows, fault }) => {
    expect(kinds(checkBoxes(rows))).toEqual([fault])
  })

  test('needs no confidence in a holdout, and a box somewhere', () => {
    const header = 'patientId,x,y,width,height\n'
    const holdout = (rows: string) => checkHoldout(BOXES, PATIENTS, Buffer.from(header + rows))
    expect(holdout('p1,1,2,3,4\np2,,,,\n')).toMatchObject({ ok: true })
    expect(kinds(holdout('p1,,,,\np2,,,,\n'))).toEqual([['unscorable', null, null]])
  })
})

/** Acceptance from the rule's words, on cells instead of bytes. */
function isAcceptable(header: string[], written: string[][]): boolean {
  const isBlank = (row: string[]) => row.length === 1 && row[0] === '' && header.length > 1
  const rows = written.slice(0, written.findLastIndex((row) => !isBlank(row)) + 1)
  const id = header.indexOf('PassengerId')
  const target = header.indexOf('Survived')
  const named = (name: string) => header.filter((cell) => cell === name).length
  return (
    named('PassengerId') === 1 &&
    named('Survived') === 1 &&
    rows.every((row) => {
      // What is ignored may be missing, or go on, where nothing that counts follows.
      const last = Math.max(id, target)
      const isIgnoredLast = last < header.length - 1
      return row.length > last && (row.length <= header.length || isIgnoredLast)
    }) &&
    rows
      .map((row) => row[id])
      .sort()
      .join() === PASSENGERS.ids.join() &&
    rows.every((row) => ['0', '1', '1.0', '-0'].includes(row[target] ?? ''))
  )
}

test('a file is accepted exactly when the rule says so, for 10,000 random files', () => {
  const name = fc.constantFrom('PassengerId', 'Survived', 'PassengerId', 'Survived', 'x')
  const label = fc.constantFrom('0', '1', '0', '1', '1.0', '-0', '2', '', 'x', '0x1')
  const row = fc.record({
    id: fc.constantFrom('892', '893', '894', '0892', ''),
    label,
    extra: fc.constantFrom(0, 0, 0, 0, 1, -1),
  })
  const goodRows = fc
    .tuple(
      fc.shuffledSubarray([...PASSENGERS.ids], { minLength: 3 }),
      fc.array(label, { minLength: 3, maxLength: 3 }),
    )
    .map(([ids, labels]) => ids.map((id, at) => ({ id, label: labels[at] ?? '0', extra: 0 })))
  const headers = fc.oneof(
    fc.constantFrom<string[][]>(
      ['PassengerId', 'Survived'],
      ['Survived', 'PassengerId'],
      ['x', 'Survived', 'PassengerId'],
    ),
    fc.array(name, { minLength: 1, maxLength: 4 }),
  )
  const bodies = fc.oneof(
    { weight: 3, arbitrary: goodRows },
    { weight: 1, arbitrary: fc.array(row, { maxLength: 4 }) },
  )
  let accepted = 0
  fc.assert(
    fc.property(headers, bodies, (header, body) => {
      const rows = body.map(({ id, label: value, extra }) => {
        const cells = header.map((column) =>
          column === 'PassengerId' ? id : column === 'Survived' ? value : 'any',
        )
        return extra < 0 ? cells.slice(1) : extra > 0 ? [...cells, 'more'] : cells
      })
      // A row that lost its only cell is an empty line, which is a row of one empty cell.
      const written = rows.map((cells) => (cells.length === 0 ? [''] : cells))
      const text = [header, ...written].map((cells) => `${cells.join(',')}\n`).join('')
      const { ok } = checkLabels(text)
      expect(ok).toBe(isAcceptable(header, written))
      if (ok) accepted += 1
    }),
    { numRuns: 10_000 },
  )
  expect(accepted).toBeGreaterThan(500)
}, 30_000)
