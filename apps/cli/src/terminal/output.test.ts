import { describe, expect, test } from 'vitest'
import { clean, formatFacts, formatTable, showTime } from './output.ts'

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

test('times are to the second, in UTC', () => {
  expect(showTime('2026-03-01T12:34:56.123456Z')).toBe('2026-03-01 12:34:56Z')
  expect(showTime(null)).toBeNull()
})
