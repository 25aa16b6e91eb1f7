import type { LeaderboardEntry } from '@medforge/contracts'
import { describe, expect, test } from 'vitest'
import { leaderboardCsvHeader, leaderboardCsvLines, prefersCsv } from './csv-export.ts'

const entry = (display_name: string): LeaderboardEntry => ({
  rank: 1,
  user_id: 'u',
  display_name,
  best_submission_id: 's',
  best_score_id: 'b',
  primary_score: 1e-7,
  secondary_scores: { macro_f1: 0.25 },
  standard_error: 0.125,
  interval: { low: 0, high: 0.5 },
  tied_with_first: true,
  metric_version: 'accuracy-v1',
  evaluation_split_version: 'v1',
  scored_at: '2026-03-01T12:00:00Z',
  entries: 3,
})
const METRICS = ['macro_f1', 'balanced_accuracy'] as const

function leaderboardCsv(entries: LeaderboardEntry[]): string {
  return leaderboardCsvHeader(METRICS) + leaderboardCsvLines(entries, METRICS)
}

describe(leaderboardCsvLines, () => {
  test.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '\nx',
    ' =1',
    '\u200b=1',
    '＝1',
    '|cmd',
    '%0A',
  ])('makes the name %j harmless in a spreadsheet', (name) =>
    expect(leaderboardCsv([entry(name)])).toContain(`"'${name}"`),
  )

  test.each([
    ['\t=1', "'\t'=1"],
    ['x;=HYPERLINK(1)', "x;'=HYPERLINK(1)"],
    ['x; \t@SUM(A1)', "x;' \t@SUM(A1)"],
    ['x;";-1', `x;"";'-1`],
  ])('makes the cell that %j begins elsewhere harmless, too', (name, safe) =>
    expect(leaderboardCsv([entry(name)])).toContain(`"${safe}"`),
  )

  test('keeps honest names, quotes and commas', () => {
    expect(leaderboardCsv([entry('Ann "A", 漢')])).toContain(',"Ann ""A"", 漢",1e-7,')
  })

  test('is a header alone when nobody has a score', () => {
    expect(leaderboardCsv([])).toMatch(/^rank,[a-z0-9_,]+\r\n$/)
  })

  test('has the interval, the tie and each secondary metric, and empty cells for what is not known', () => {
    const unknown = { ...entry('Ben'), standard_error: null, interval: null, tied_with_first: null }
    const [header, known, other] = leaderboardCsv([entry('Ann'), unknown]).split('\r\n')
    const beside = 'standard_error,interval_low,interval_high,tied_with_first'
    expect(header).toMatch(new RegExp(`,${beside},macro_f1,balanced_accuracy$`))
    expect(known).toMatch(/,0\.125,0,0\.5,1,0\.25,$/)
    expect(other).toMatch(/,,,,,0\.25,$/)
  })
})

describe(prefersCsv, () => {
  test.each([
    { accept: undefined, csv: false },
    { accept: '*/*', csv: false },
    { accept: 'text/csv', csv: true },
    { accept: 'text/csv, */*', csv: false },
    { accept: 'text/csv, */*;q=0.1', csv: true },
    { accept: 'application/json, text/csv;q=0.9', csv: false },
    { accept: 'application/json;q=0.5, text/*', csv: true },
    { accept: 'text/csv;q=0', csv: false },
    { accept: 'TEXT/CSV; header=present', csv: true },
    { accept: 'text/csv;q=x', csv: false },
  ])('is $csv for Accept: $accept', ({ accept, csv }) => expect(prefersCsv(accept)).toBe(csv))
})
