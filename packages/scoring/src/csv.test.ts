import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCsvReader } from './csv.ts'

const LIMITS = { recordBytesMax: 64, columnsMax: 5, recordsMax: 20 }

type Reading = { records: string[][]; lines: number[]; fault: string | null }

function read(bytes: Uint8Array, limits = LIMITS, chunkSize = bytes.length || 1): Reading {
  const reading: Reading = { records: [], lines: [], fault: null }
  let flaw: string | null = null
  const reader = createCsvReader(limits, (cells, line, flaws) => {
    for (const [place, what] of flaws ?? []) flaw ??= `Line ${line}: ${what} in cell ${place}`
    reading.records.push(cells)
    reading.lines.push(line)
  })
  for (let at = 0; at < bytes.length; at += chunkSize) {
    reader.write(bytes.subarray(at, at + chunkSize))
  }
  return { ...reading, fault: reader.end()?.message ?? flaw }
}

const readText = (text: string) => read(Buffer.from(text))

/** RFC 4180 as one regular expression over decoded text: the same language by other means. */
function readByGrammar(bytes: Uint8Array): string[][] | null {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
  if (text.includes('\0')) return null
  const cell = /(?:"((?:[^"\r]|\r\n|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  const records: string[][] = []
  let cells: string[] = []
  while (cell.lastIndex < text.length || cells.length > 0) {
    const match = cell.exec(text)
    if (!match) return null
    const [, quoted, plain = '', end] = match
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    records.push(cells)
    cells = []
    if (end === '') break
  }
  return records
}

const pieces = fc.constantFrom<(string | number[])[]>(
  ...['a', 'b', ',', '"', '""', '\n', '\r\n', '\r', '\0', ' ', 'é', '漢', '😀', '\ufeff', '-1.5'],
  ...[[0xc0], [0xff], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xe2, 0x82]],
)
const files = fc
  .array(pieces, { maxLength: 14 })
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as string))))

describe(createCsvReader, () => {
  test('accepts exactly what the grammar accepts, and reads the same cells', () => {
    const roomy = { recordBytesMax: 1000, columnsMax: 100, recordsMax: 100 }
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 4 }), (bytes, chunkSize) => {
        const { records, fault } = read(bytes, roomy, chunkSize)
        expect(fault === null ? records : null).toEqual(readByGrammar(bytes))
      }),
      { numRuns: 10_000 },
    )
  }, 30_000)

  test.each([
    { note: 'LF', text: 'a,b\n1,2\n' },
    { note: 'CRLF', text: 'a,b\r\n1,2\r\n' },
    { note: 'a byte order mark', text: '\ufeffa,b\n1,2\n' },
    { note: 'no line end after the last row', text: 'a,b\n1,2' },
    { note: 'quoted cells', text: '"a","b"\n"1","2"\n' },
  ])('reads a file with $note', ({ text }) => {
    expect(readText(text)).toEqual({
      records: [
        ['a', 'b'],
        ['1', '2'],
      ],
      lines: [1, 2],
      fault: null,
    })
  })

  test('keeps commas, doubled quotes and line ends of quoted cells, and names the line on which a row begins', () => {
    expect(readText('"x,""y""","1\r\n2\n3"\nlast')).toEqual({
      records: [['x,"y"', '1\r\n2\n3'], ['last']],
      lines: [1, 4],
      fault: null,
    })
  })

  test.each([
    { note: 'NUL', text: 'a\nb\0', message: 'Line 2: a NUL byte.' },
    { note: 'a lone carriage return', text: 'a\nb\rc', message: 'Line 2: a carriage return' },
    { note: 'a trailing carriage return', text: 'a\r', message: 'Line 1: a carriage return' },
    { note: 'a stray quote', text: 'a\nb"c', message: 'Line 2: stray_quote in cell 0' },
    {
      note: 'text after a quoted cell',
      text: '"a"b',
      message: 'Line 1: text after a closing quote',
    },
    { note: 'a quote never closed', text: 'a\n"b\nc\n', message: 'Line 2: a quoted cell' },
    { note: 'a long row', text: `a\n${'x'.repeat(65)}`, message: 'Line 2: a row of more than 64' },
    { note: 'many columns', text: 'a,b,c,d,e,f', message: 'Line 1: more than 5 columns' },
    { note: 'many rows', text: 'a\n'.repeat(21), message: 'Line 21: more than 20 rows' },
  ])('refuses $note with its line', ({ text, message }) => {
    expect(readText(text).fault).toContain(message)
  })

  test('reads on after a byte that is not UTF-8 and a stray quote, and names their cells', () => {
    const flaws: unknown[] = []
    const reader = createCsvReader(LIMITS, (cells, _line, found) => {
      flaws.push([cells, ...(found ?? [])])
    })
    reader.write(Buffer.from('a,\xe9,b\n\xe9\xe9\n"c\xc3"\nä,x"y"\nd\xc3', 'latin1'))
    expect(reader.end()).toBeNull()
    expect(flaws).toEqual([
      [
        ['a', '\ufffd', 'b'],
        [1, 'not_utf8'],
      ],
      [['\ufffd\ufffd'], [0, 'not_utf8']],
      [['c\ufffd'], [0, 'not_utf8']],
      [
        ['\ufffd', 'x"y"'],
        [0, 'not_utf8'],
        [1, 'stray_quote'],
      ],
      [['d\ufffd'], [0, 'not_utf8']],
    ])
  })

  test.each([
    { note: 'UTF-16', bytes: Buffer.from('\ufeffid,label', 'utf16le'), message: 'UTF-16' },
    { note: 'UTF-16 without a mark', bytes: Buffer.from('id', 'utf16le'), message: 'UTF-16' },
    { note: 'JSON', bytes: Buffer.from('{"id":[1],"a":[0]}'), message: 'JSON' },
    { note: 'gzip', bytes: [0x1f, 0x8b, 8, 0], message: 'gzip' },
    { note: 'a spreadsheet', bytes: [0x50, 0x4b, 3, 4, 20, 0, 6, 0], message: 'spreadsheet' },
    { note: 'Latin-1', bytes: Buffer.from('id,n\xe9\n', 'latin1'), message: 'not_utf8 in cell 1' },
    { note: 'a truncated character', bytes: [0x61, 0xe2, 0x82], message: 'not_utf8 in cell 0' },
    { note: 'half a byte order mark', bytes: [0xef, 0xbb], message: 'not UTF-8' },
  ])('says what the file is when it is $note', ({ bytes, message }) => {
    expect(read(Uint8Array.from(bytes)).fault).toContain(message)
  })
})
