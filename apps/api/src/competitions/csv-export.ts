import type { LeaderboardEntry } from '@medforge/contracts'
import { csvCell } from '@medforge/core'

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
