import type { LeaderboardEntry, Metric } from '@medforge/contracts'
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
const BESIDE = ['standard_error', 'interval_low', 'interval_high', 'tied_with_first'] as const

export function leaderboardCsvHeader(secondaryMetrics: readonly Metric[]): string {
  return `${[...COLUMNS, ...BESIDE, ...secondaryMetrics].join(',')}\r\n`
}

/** RFC 4180 with CRLF, every text quoted, and no cell that a spreadsheet would run as a formula. Without the header. */
export function leaderboardCsvLines(
  entries: readonly LeaderboardEntry[],
  secondaryMetrics: readonly Metric[],
): string {
  return entries
    .map((entry) => {
      const { interval, tied_with_first, secondary_scores } = entry
      const cells = [
        ...COLUMNS.map((column) => entry[column]),
        entry.standard_error,
        interval?.low ?? null,
        interval?.high ?? null,
        tied_with_first === null ? null : Number(tied_with_first),
        ...secondaryMetrics.map((metric) => secondary_scores[metric] ?? null),
      ]
      return `${cells.map(csvCell).join(',')}\r\n`
    })
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
