import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkSubmission, createChecker } from './checker.ts'
import { type BoxSpec, expectIds, type LabelSpec } from './spec.ts'

/**
 * Which files are accepted, said once more and in another way: over the whole text at once, by one pattern for a cell, where the reader goes
 * byte by byte.
 */
const LABELS: LabelSpec = {
  metric: 'accuracy',
  idColumn: 'id',
  targetColumn: 'label',
  labels: { min: 0, max: 9 },
}
const BOXES: BoxSpec = {
  metric: 'map_iou',
  idColumn: 'id',
  boxColumns: { confidence: 'c', x: 'x', y: 'y', width: 'w', height: 'h' },
}
const IDS = ['1', '2', 'ä,3']
/** A byte that is no UTF-8: a letter which no cell that counts has. */
const BROKEN = '\ue002'
const CELL = /(?:"((?:[^"]|"")*)"|((?!")[^,\r\n]*))(,|\r?\n|$)/y

/** Cells of every line, or null where this is no CSV file. */
function cellsOf(bytes: Uint8Array): string[][] | null {
  const text = new TextDecoder('utf-8').decode(bytes).replaceAll('\ufffd', BROKEN)
  if (text.includes('\0') || /\r(?!\n)/.test(text) || text === '') return null
  const lines: string[][] = []
  let line: string[] = []
  for (CELL.lastIndex = 0; CELL.lastIndex < text.length || line.length > 0; ) {
    const match = CELL.exec(text)
    if (!match) return null
    const [, quoted, plain = '', end] = match
    line.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === ',') continue
    lines.push(line)
    line = []
    if (end === '') break
  }
  return lines
}

/** Rows as objects of the columns asked for; null where header or lengths are wrong. */
function rowsOf(bytes: Uint8Array, columns: string[]): Record<string, string>[] | null {
  const [header, ...lines] = cellsOf(bytes) ?? []
  if (!header) return null
  const counts = columns.map((name) => header.filter((cell) => cell === name).length)
  if (counts.some((count) => count !== 1)) return null
  const last = Math.max(...columns.map((name) => header.indexOf(name)))
  while (lines.at(-1)?.join() === '' && lines.at(-1)?.length === 1) lines.pop()
  const longest = last === header.length - 1 ? header.length : Number.POSITIVE_INFINITY
  if (lines.some(({ length }) => length <= last || length > longest)) return null
  return lines.map((line) =>
    Object.fromEntries(columns.map((name) => [name, line[header.indexOf(name)] ?? ''])),
  )
}

const DIGITS = new Set('0123456789')
const isDigits = (text: string) => text !== '' && [...text].every((letter) => DIGITS.has(letter))
const unsigned = (text: string) => (/^[+-]/.test(text) ? text.slice(1) : text)

/** A real number that a double can hold, read by its parts. */
function realOf(text: string): number | null {
  const [mantissa = '', exponent, ...more] = unsigned(text).split(/[eE]/)
  const [whole = '', fraction = '', ...dots] = mantissa.split('.')
  const isMantissa =
    dots.length === 0 && isDigits(whole + fraction) && !/[+-]/.test(whole + fraction)
  const power = exponent === undefined ? '0' : unsigned(exponent)
  if (!isMantissa || more.length > 0 || !isDigits(power)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

/** A whole number: one without an exponent whose fraction is zeros. */
function wholeOf(text: string): number | null {
  const [, fraction = ''] = text.split('.')
  return /[eE]/.test(text) || /[^0]/.test(fraction) ? null : realOf(text)
}

function acceptsLabels(bytes: Uint8Array): boolean {
  const rows = rowsOf(bytes, ['id', 'label'])
  if (!rows) return false
  const isComplete =
    rows
      .map(({ id }) => id)
      .sort()
      .join('|') === IDS.toSorted().join('|')
  return (
    isComplete &&
    rows.every(({ label = '' }) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].includes(wholeOf(label) ?? -1))
  )
}

function acceptsBoxes(bytes: Uint8Array): boolean {
  const fields = ['c', 'x', 'y', 'w', 'h']
  const rows = rowsOf(bytes, ['id', ...fields])
  if (!rows) return false
  const byId = Map.groupBy(rows, ({ id }) => id)
  if (byId.size !== IDS.length || !IDS.every((id) => byId.has(id))) return false
  return [...byId.values()].every((mine) => {
    const isNothing = (row: Record<string, string>) => fields.every((name) => row[name] === '')
    if (mine.some(isNothing)) return mine.length === 1
    return mine.every((row) => {
      const [c, ...sides] = fields.map((name) => realOf(row[name] ?? ''))
      const [, , w, h] = sides
      const isInside = sides.every((side) => side !== null && Math.abs(side) <= 1e9)
      return c !== null && isInside && Number(w) > 0 && Number(h) > 0
    })
  })
}

type Piece = string | number[]
const noise = fc.constantFrom<Piece[]>(
  ...[',', '"', '""', '\n', '\r\n', '\r', '\0', ' ', '-', '.', 'e', '0', '9', 'x', 'ä', '\ufeff'],
  ...[[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f]],
)
const number = fc.constantFrom(
  '0',
  '1',
  '9',
  '+3',
  '-0',
  '4.0',
  '.5e1',
  '2e0',
  '10',
  '1e999',
  '-1',
  '1.5',
  '',
  'nan',
  '0x1',
)
const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`

/** A file that is nearly right, and up to two places where something is put in, left out or doubled. */
function filesOf(columns: string[], rowsEach: fc.Arbitrary<number>) {
  const cell = fc.tuple(
    fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom('1', '4.0', '9', '+3') },
      { weight: 1, arbitrary: number },
    ),
    fc.boolean(),
  )
  const row = fc.record({
    cells: fc.array(cell, { minLength: 5, maxLength: 5 }),
    isNothing: fc.integer({ min: 0, max: 5 }),
  })
  return fc
    .record({
      order: fc.shuffledSubarray([...columns, 'extra'], { minLength: columns.length }),
      ids: fc.shuffledSubarray(IDS, { minLength: IDS.length }),
      counts: fc.array(rowsEach, { minLength: IDS.length, maxLength: IDS.length }),
      rows: fc.array(row, { minLength: 9, maxLength: 9 }),
      end: fc.constantFrom('\n', '\r\n'),
      bom: fc.constantFrom('', '', '\ufeff'),
      changes: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        {
          weight: 1,
          arbitrary: fc.array(
            fc.record({
              at: fc.double({ min: 0, max: 1, noNaN: true }),
              piece: noise,
              cut: fc.integer({ min: 0, max: 3 }),
            }),
            { maxLength: 2 },
          ),
        },
      ),
    })
    .map(({ order, ids, counts, rows, end, bom, changes }) => {
      const lines = [order]
      ids.forEach((id, place) => {
        for (let nth = 0; nth < (counts[place] ?? 1); nth += 1) {
          const { cells, isNothing } = rows[(place * 3 + nth) % rows.length] ?? {
            cells: [],
            isNothing: 0,
          }
          const isEmpty = columns.length > 2 && isNothing === 0 && counts[place] === 1
          let field = 0
          lines.push(
            order.map((name) => {
              if (name === 'id') return quote(id)
              if (name === 'extra') return '"say ""hi"", twice"'
              const [value = '', isQuoted = false] = cells[field++ % 5] ?? []
              const text = isEmpty ? '' : value
              return isQuoted ? quote(text) : text
            }),
          )
        }
      })
      let bytes = Buffer.from(bom + lines.map((line) => line.join(',') + end).join(''))
      for (const { at, piece, cut } of changes) {
        const place = Math.floor(at * bytes.length)
        const put = Buffer.from(piece as string)
        bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)])
      }
      return bytes
    })
}

describe('10,000 random files', () => {
  test.each([
    { note: 'labels', spec: LABELS, columns: ['id', 'label'], accepts: acceptsLabels, most: 1 },
    {
      note: 'boxes',
      spec: BOXES,
      columns: ['id', 'c', 'x', 'y', 'w', 'h'],
      accepts: acceptsBoxes,
      most: 3,
    },
  ])(
    'of $note are accepted exactly where an independent grammar accepts',
    (one) => {
      const { spec, columns, accepts, most } = one
      const expected = expectIds(IDS)
      const each = fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: most }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 }) },
      )
      let accepted = 0
      fc.assert(
        fc.property(filesOf(columns, each), fc.integer({ min: 1, max: 7 }), (bytes, chunk) => {
          const checker = createChecker(spec, expected)
          for (let at = 0; at < bytes.length; at += chunk)
            checker.write(bytes.subarray(at, at + chunk))
          const { ok } = checker.end()
          expect(ok, JSON.stringify(bytes.toString('latin1'))).toBe(accepts(bytes))
          if (ok) accepted += 1
        }),
        { numRuns: 5000 },
      )
      expect(accepted).toBeGreaterThan(500)
      expect(accepted).toBeLessThan(4500)
    },
    30_000,
  )
})

describe('whatever is sent', () => {
  const MIB = 2 ** 20
  const fill = (text: string) => Buffer.from(text.repeat(Math.ceil(MIB / text.length)))
  test.each([
    { note: 'one line of 64 MiB', chunk: fill('a'), message: 'more than 65536 bytes' },
    {
      note: 'one quoted cell of 64 MiB',
      chunk: fill('a'),
      first: '"',
      message: 'more than 65536 bytes',
    },
    { note: 'endless columns', chunk: fill(','), message: 'more than 1000 columns' },
    {
      note: 'ten million rows',
      chunk: fill('1,2\n'),
      first: 'id,label\n',
      message: 'more than 500000 rows',
    },
    {
      note: 'ten million empty lines',
      chunk: fill('\n'),
      first: 'id,label\n',
      message: 'more than 500000 rows',
    },
    {
      note: 'gzip',
      chunk: Buffer.from([0x1f, 0x8b, 8, 0, ...fill('\u0001').subarray(0, 1000)]),
      message: 'gzip',
    },
  ])(
    '$note is read no further than the limits, and the answer stays short',
    ({ chunk, first, message }) => {
      const checker = createChecker(LABELS, expectIds(IDS))
      if (first) checker.write(Buffer.from(first))
      for (let nth = 0; nth < 64; nth += 1) checker.write(chunk)
      const result = checker.end()
      if (result.ok) throw new Error('It was accepted.')
      const text = JSON.stringify(result)
      expect(text).toContain(message)
      expect(text.length).toBeLessThan(20_000)
      expect(result.faults.length).toBeLessThanOrEqual(50)
    },
  )

  test('a file in one piece and in pieces of any size get the same answer', () => {
    const expected = expectIds(IDS)
    fc.assert(
      fc.property(
        filesOf(['id', 'label'], fc.constant(1)),
        fc.integer({ min: 1, max: 9 }),
        (bytes, size) => {
          const checker = createChecker(LABELS, expected)
          for (let at = 0; at < bytes.length; at += size)
            checker.write(bytes.subarray(at, at + size))
          expect(checker.end()).toEqual(checkSubmission(LABELS, expected, bytes))
        },
      ),
      { numRuns: 300 },
    )
  })
})
