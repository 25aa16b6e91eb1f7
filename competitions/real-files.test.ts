import {
  type CheckResult,
  checkSubmission,
  createChecker,
  shapeOf,
  specOfShape,
} from '@medforge/scoring'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bundle, loadBundles } from './bundle.ts'

/** Files as people have them, for the three competitions that come with MedForge. */
const [CIFAR, RSNA, TITANIC] = (await loadBundles()) as [Bundle, Bundle, Bundle]

type Row = (id: string, place: number) => string

/** A file with a row for each id. */
function fileOf({ expected }: Bundle, header: string, row: Row, end = '\n'): string {
  return [header, ...expected.ids.map(row), ''].join(end)
}
const check = ({ spec, expected }: Bundle, file: string | Buffer) =>
  checkSubmission(spec, expected, Buffer.from(file as string))
const tableOf = (result: CheckResult) => {
  if (!result.ok) throw new Error(result.faults.map(({ message }) => message).join('\n'))
  return result.table
}
const faultsOf = (result: CheckResult) => (result.ok ? [] : result.faults)

const survived: Row = (id, place) => `${id},${place % 2}`
const titanic = (header = 'PassengerId,Survived', row = survived, end = '\n') =>
  fileOf(TITANIC, header, row, end)

describe('what public contests accept is accepted', () => {
  const numbers = fileOf(CIFAR, 'image_id,label', (id, place) => `${id},${place % 100}`)
  const names = CIFAR.manifest.label_names ?? []

  test.each([
    ['Id,Class', (id: string, place: number) => `${id},${place % 100}`],
    ['id,label', (id: string, place: number) => `${id},${place % 100}`],
    ['label,Id', (id: string, place: number) => `${place % 100},${id}`],
    ['image_id,label', (id: string, place: number) => `${id},${names[place % 100]}`],
    ['Id,Class', (id: string, place: number) => `${id},"${names[place % 100]}"`],
  ])('CIFAR: %s', (header, row) => {
    const file = fileOf(CIFAR, header, row)
    expect(tableOf(check(CIFAR, file))).toEqual(tableOf(check(CIFAR, numbers)))
  })

  test('RSNA: patientId,PredictionString, and the same as boxes', () => {
    const packed = fileOf(RSNA, 'patientId,PredictionString', (id, place) =>
      place % 3 === 0 ? `${id},0.9 1 2.5 30 40 .5 1 2 3e1 4` : `${id},`,
    )
    const rows = fileOf(RSNA, 'patientId,confidence,x,y,width,height', (id, place) =>
      place % 3 === 0 ? `${id},0.9,1,2.5,30,40\n${id},.5,1,2,30,4` : `${id},,,,,`,
    )
    expect(tableOf(check(RSNA, packed))).toEqual(tableOf(check(RSNA, rows)))
  })

  test.each([
    ['a blank line at the end', `${titanic()}\n`],
    ['blank lines at the end with CRLF', `${titanic(undefined, survived, '\r\n')}\r\n\r\n`],
    [
      'faults in a column that is ignored',
      titanic(
        'PassengerId,Survived,Name',
        (id, place) => `${survived(id, place)},O'Dwyer, Mr. "Ed"`,
      ),
    ],
    ['cells that are ignored and missing', titanic('PassengerId,Survived,Name', survived)],
  ])('Titanic: %s', (_note, file) => {
    expect(tableOf(check(TITANIC, file))).toEqual(tableOf(check(TITANIC, titanic())))
  })

  test('Titanic: names in Latin-1 in a column that is ignored', () => {
    const file = titanic(
      'Name,PassengerId,Survived',
      (id, place) => `Pe\xf1a,${survived(id, place)}`,
    )
    expect(check(TITANIC, Buffer.from(file, 'latin1')).ok).toBe(true)
  })

  test('the sample submissions, unchanged', () => {
    for (const bundle of [CIFAR, RSNA, TITANIC]) {
      expect(check(bundle, bundle.sampleSubmission).ok).toBe(true)
    }
  })
})

describe('what people get wrong is named once, with what to do', () => {
  const swap = (id: string, text: string) => titanic().replace(`\n${id},`, `\n${text},`)
  const probabilities = (row: Row) => fileOf(CIFAR, 'image_id,label', row)
  const boxes = (header: string, cells: string) => fileOf(RSNA, header, (id) => `${id},${cells}`)

  test.each<[string, Bundle, string | Buffer, string, number, string]>([
    ['semicolons', TITANIC, titanic().replaceAll(',', ';'), 'wrong_separator', 1, 'semicolons'],
    ['tabs', TITANIC, titanic().replaceAll(',', '\t'), 'wrong_separator', 1, 'tabs'],
    ["Excel's line", TITANIC, `sep=,\r\n${titanic()}`, 'wrong_separator', 1, 'Delete it'],
    ['UTF-16', TITANIC, Buffer.from(`\ufeff${titanic()}`, 'utf16le'), 'malformed_csv', 1, 'UTF-8'],
    [
      'UTF-16 without a mark',
      TITANIC,
      Buffer.from(titanic(), 'utf16le'),
      'malformed_csv',
      1,
      'UTF-8',
    ],
    ['JSON', TITANIC, '{"PassengerId":[892],"Survived":[0]}\n', 'malformed_csv', 1, 'JSON'],
    ['JSON records', TITANIC, '[{"PassengerId":892,"Survived":0}]\n', 'malformed_csv', 1, 'JSON'],
    [
      'no header',
      TITANIC,
      titanic().replace('PassengerId,Survived\n', ''),
      'missing_header',
      1,
      'Put PassengerId,Survived above',
    ],
    [
      "pandas' index",
      TITANIC,
      titanic(',Survived', (_id, place) => `${place},0`),
      'missing_column',
      1,
      'index=False',
    ],
    [
      "pandas' index as ids",
      TITANIC,
      titanic(undefined, (_id, place) => `${place},0`),
      'unknown_id',
      418,
      'index=False',
    ],
    [
      'ids as floats',
      TITANIC,
      titanic(undefined, (id) => `${id}.0,0`),
      'unknown_id',
      418,
      '"892": in pandas, .astype(int)',
    ],
    [
      'ids by savetxt',
      TITANIC,
      titanic(undefined, (id) => `${Number(id).toExponential(18)},0`),
      'unknown_id',
      418,
      '"892"',
    ],
    ['ids with zeros in front', TITANIC, swap('893', '00893'), 'unknown_id', 1, '"893"'],
    ['ids with blanks', TITANIC, swap('893', '893 '), 'unknown_id', 1, 'blanks'],
    [
      'ids of files',
      RSNA,
      fileOf(RSNA, 'patientId,PredictionString', (id) => `${id}.dcm,`),
      'unknown_id',
      5337,
      'name of a file',
    ],
    [
      'ids of files in folders',
      CIFAR,
      fileOf(CIFAR, 'id,label', (id) => `test/${id}.png,0`),
      'unknown_id',
      10_000,
      'name of a file',
    ],
    [
      'labels one too high',
      CIFAR,
      probabilities((id, place) => `${id},${(place % 100) + 1}`),
      'out_of_range',
      100,
      'subtract 1',
    ],
    [
      'one column a class',
      TITANIC,
      titanic('PassengerId,0,1', (id) => `${id},0.2,0.8`),
      'missing_column',
      1,
      'most probable label',
    ],
    [
      'probabilities',
      TITANIC,
      titanic(undefined, (id) => `${id},0.97`),
      'out_of_range',
      418,
      'not a probability',
    ],
    [
      'True and False',
      TITANIC,
      titanic(undefined, (id, at) => `${id},${at % 2 ? 'True' : 'False'}`),
      'not_a_number',
      418,
      '0 or 1',
    ],
    [
      'decimal commas',
      TITANIC,
      titanic(undefined, (id) => `${id},"0,97"`),
      'not_a_number',
      418,
      'decimal comma',
    ],
    [
      'decimal commas without quotes',
      TITANIC,
      titanic(undefined, (id) => `${id},0,97`),
      'long_row',
      418,
      'decimal commas',
    ],
    [
      'missing values',
      TITANIC,
      titanic(undefined, (id) => `${id},nan`),
      'not_a_number',
      418,
      'fillna',
    ],
    [
      'labels by savetxt',
      TITANIC,
      titanic(undefined, (id) => `${id},0.000e+00`),
      'not_a_number',
      418,
      'astype(int)',
    ],
    [
      "another competition's file",
      TITANIC,
      CIFAR.sampleSubmission,
      'missing_column',
      2,
      "another competition's",
    ],
    [
      'other ids',
      TITANIC,
      'PassengerId,Survived\nx1,0\nx2,1\n',
      'unknown_id',
      2,
      'None of the ids is known',
    ],
    [
      'corner boxes',
      RSNA,
      boxes('patientId,confidence,x1,y1,x2,y2', '1,1,2,3,4'),
      'missing_column',
      4,
      'x2 - x1',
    ],
    [
      'zeros for nothing',
      RSNA,
      boxes('patientId,confidence,x,y,width,height', '0,0,0,0,0'),
      'out_of_range',
      5337,
      'leave all 5 cells empty',
    ],
    [
      'four numbers a box',
      RSNA,
      boxes('patientId,PredictionString', '1 2 3 4'),
      'not_a_number',
      5337,
      'five numbers',
    ],
    [
      'unknown class names',
      CIFAR,
      probabilities((id) => `${id},dog`),
      'not_a_number',
      10_000,
      '0 to 99',
    ],
    [
      'blanks after commas',
      TITANIC,
      titanic().replaceAll(',', ', '),
      'missing_column',
      1,
      'blanks',
    ],
    [
      'blanks around labels',
      TITANIC,
      titanic(undefined, (id) => `${id}, 0`),
      'not_a_number',
      418,
      'blanks',
    ],
    [
      'a no-break space',
      TITANIC,
      titanic('PassengerId,Survived\u00a0'),
      'missing_column',
      1,
      '\\u00a0',
    ],
    [
      'another case',
      TITANIC,
      titanic('passengerid,survived'),
      'missing_column',
      2,
      'upper and lower case',
    ],
    [
      'blank lines between rows',
      TITANIC,
      titanic().replaceAll('\n', '\n\n'),
      'blank_line',
      418,
      'newline=""',
    ],
    [
      'Latin-1',
      TITANIC,
      Buffer.from(swap('893', '893\xe9'), 'latin1'),
      'malformed_csv',
      1,
      'Latin-1',
    ],
  ])('%s', (_note, bundle, file, kind, count, words) => {
    const [fault, ...others] = faultsOf(check(bundle, file)).filter(
      // An id that cannot be told is missing besides.
      (one) => one.kind !== 'missing_id',
    )
    expect(fault).toMatchObject({ kind, count })
    expect(fault?.message).toContain(words)
    expect(others).toEqual([])
  })

  test('labels and a row with a cell too many, each once with its count', () => {
    const row: Row = (id, place) => `${id},${place === 400 ? '0,7' : 'True'}`
    expect(faultsOf(check(TITANIC, titanic(undefined, row)))).toMatchObject([
      { kind: 'not_a_number', count: 417, row: 2 },
      { kind: 'long_row', count: 1, row: 402 },
    ])
  })

  test('percent where numbers from 0 to 1 are asked', () => {
    const { expected } = TITANIC
    const spec = { metric: 'auroc', idColumn: 'PassengerId', targetColumns: ['Survived'] } as const
    const file = Buffer.from(titanic(undefined, (id) => `${id},97.5`))
    expect(faultsOf(checkSubmission(spec, expected, file))).toMatchObject([
      { kind: 'out_of_range', count: 418, message: expect.stringContaining('divide by 100') },
    ])
  })
})

// biome-ignore lint/style/noProcessEnv: how ./medforge test --long hands it over
const isLong = process.env.MEDFORGE_LONG === '1'
const MUTATIONS: ((text: string, at: number) => string)[] = [
  (text) => text.replaceAll(',', ';'),
  (text) => text.replaceAll(',', '\t'),
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => `\ufeff${text}`,
  (text) => `${text}\n\n`,
  (text) => text.slice(text.indexOf('\n') + 1),
  (text) => text.replace(/^([^,]*)/, 'Unnamed: 0,$1'),
  (text) => text.replaceAll(/\n(\d+),/g, '\n$1.0,'),
  (text) => text.replaceAll(/,(\d)$/gm, ',0.$1'),
  (text) => text.replaceAll(/,(\d)$/gm, ',"$1"'),
  (text) => text.replaceAll(/$/gm, ',note "x"').replace(/,note "x"$/, ''),
  (text, at) => `${text.slice(0, at)}\n${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)},${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}"${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}\xe9${text.slice(at)}`,
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at) => text.slice(0, at),
]

test('browser, server and worker agree on mutated files, in pieces of any size, and each kind of fault stands once', () => {
  // The first ids of each, so that many files can be tried.
  const worlds = [CIFAR, RSNA, TITANIC].map(({ spec, sampleSubmission }) => {
    const lines = sampleSubmission.toString().split('\n').slice(0, 9)
    const ids = lines.slice(1).map((line) => line.split(',')[0] ?? '')
    const expected = { ids, indexOf: new Map(ids.map((id, place) => [id, place])) }
    const overTheWire = specOfShape(JSON.parse(JSON.stringify(shapeOf(spec))))
    return { spec, overTheWire, expected, text: `${lines.join('\n')}\n` }
  })
  const mutation = fc.record({
    change: fc.constantFrom(...MUTATIONS),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const cases = fc.record({
    world: fc.constantFrom(...worlds),
    mutations: fc.array(mutation, { maxLength: 3 }),
    size: fc.integer({ min: 1, max: 40 }),
    encoding: fc.constantFrom('utf8', 'utf8', 'utf8', 'latin1', 'utf16le'),
  })
  let accepted = 0
  fc.assert(
    fc.property(cases, ({ world, mutations, size, encoding }) => {
      const { spec, overTheWire, expected, text } = world
      const mutated = mutations.reduce(
        (before, { change, at }) => change(before, Math.floor(at * before.length)),
        text,
      )
      const bytes = Buffer.from(mutated, encoding as BufferEncoding)
      const inBrowser = checkSubmission(overTheWire, expected, bytes)
      const onServer = createChecker(spec, expected)
      for (let at = 0; at < bytes.length; at += size) onServer.write(bytes.subarray(at, at + size))
      const upload = onServer.end()
      expect(upload).toEqual(inBrowser)
      if (upload.ok) {
        accepted += 1
        expect(checkSubmission(spec, expected, bytes, { isStored: true })).toEqual(upload)
        return
      }
      const kinds = upload.faults.map(({ kind, column, message }) => {
        return `${kind} ${column} ${message.replaceAll(/\d+|".*?"/g, '')}`
      })
      expect(new Set(kinds).size).toBe(kinds.length)
      expect(upload.faults.reduce((sum, { count }) => sum + count, 0)).toBe(upload.total)
    }),
    { numRuns: isLong ? 100_000 : 4000 },
  )
  expect(accepted).toBeGreaterThan(400)
}, 600_000)
