import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { clean, cleanLines, formatFacts, formatTable, showTime } from './output.ts'

type Row = { name: string; count: number | null }
const COLUMNS = [
  { title: 'NAME', of: ({ name }: Row) => name },
  { title: 'COUNT', of: ({ count }: Row) => count },
]

describe(formatTable, () => {
  test('lines columns up, counts characters and not bytes, and ends no line with a blank', () => {
    const rows: Row[] = [
      { name: 'ä', count: 12 },
      { name: 'longer', count: null },
    ]
    expect(formatTable(rows, COLUMNS, 'none').split('\n')).toEqual([
      'NAME    COUNT',
      'ä       12',
      'longer  –',
    ])
  })

  test('says what there is none of', () =>
    expect(formatTable([], COLUMNS, 'No sessions.')).toBe('No sessions.'))

  test('lets nobody’s name move the cursor of the terminal', () =>
    expect(formatTable([{ name: 'a\x1b[2J\u202eb', count: 1 }], COLUMNS, '')).not.toMatch(
      /\p{C}b|\p{C}\[/u,
    ))
})

test('facts stand one a line with a dash for what is not known', () =>
  expect(formatFacts({ Name: 'x', Longer: null })).toBe('Name    x\nLonger  –'))

test('text of others is shown without control characters', () =>
  expect(clean('a\nb\u200bc')).toBe('a\ufffdb\ufffdc'))

test('lines of others are shown as they come, without control characters', async () => {
  const chunks = ['{"a":1}\tx\n\x1b]0;own', 'ed\x07\u009b2Jb\rc\u202e\n', Buffer.from([0x9b, 0x41])]
  const lines: string[] = []
  for await (const line of cleanLines(Readable.from(chunks, { objectMode: false })))
    lines.push(line)
  expect(lines[0]).toBe('{"a":1}\tx\n')
  expect(lines.join('').replaceAll(/[\n\t]/g, '')).not.toMatch(/\p{C}/u)
  expect(lines.at(-1)).toBe('\ufffdA\n')
})

test('times are to the second, in UTC', () => {
  expect(showTime('2026-03-01T12:34:56.123456Z')).toBe('2026-03-01 12:34:56Z')
  expect(showTime(null)).toBeNull()
})
