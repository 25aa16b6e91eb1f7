import type { LeaderboardEntry } from '@medforge/contracts'

const COLUMNS = [
  'rank',
  'user_id',
  'display_name',
  'primary_score',
  'scored_at',
  'entries',
  'best_submission_id',
  'best_score_id',
  'metric_version',
  'evaluation_split_version',
] as const satisfies (keyof LeaderboardEntry)[]

export const LEADERBOARD_CSV_HEADER = `${COLUMNS.join(',')}\r\n`

/** RFC 4180 with CRLF, every text quoted, and no cell that a spreadsheet would run as a formula. */
export function leaderboardCsv(entries: readonly LeaderboardEntry[]): string {
  return LEADERBOARD_CSV_HEADER + leaderboardCsvLines(entries)
}

/** Without the header. */
export function leaderboardCsvLines(entries: readonly LeaderboardEntry[]): string {
  return entries
    .map((entry) => `${COLUMNS.map((column) => csvCell(entry[column])).join(',')}\r\n`)
    .join('')
}

// What spreadsheets take for the beginning of a formula, behind blanks too, and in its full-width forms.
const FORMULA = /^[\s\p{Cf}]*[=+\-@|%＝＋－＠\t\r\n]/u
// The same in the cell that some of them begin behind these, quoted or not.
const INNER_FORMULA = /[;\t][\s\p{Cf}"]*[=+\-@|%＝＋－＠]/gu

/** Texts quoted, numbers as they are; null is an empty cell. */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const inner = value.replace(INNER_FORMULA, (found) => `${found.slice(0, 1)}'${found.slice(1)}`)
  const safe = FORMULA.test(value) ? `'${inner}` : inner
  return `"${safe.replaceAll('"', '""')}"`
}

/** Whether the `Accept` header prefers CSV to JSON; JSON wins when both are equally welcome. */
export function prefersCsv(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const weights = new Map<string, number>()
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    weights.set(type, quality === undefined ? 1 : Number(quality) || 0)
  }
  const weightOf = (type: string) =>
    weights.get(type) ?? weights.get(`${type.split('/')[0]}/*`) ?? weights.get('*/*') ?? 0
  return weightOf('text/csv') > weightOf('application/json')
}
