import { mkdirSync, writeFileSync } from 'node:fs'
import { REPOSITORY } from '../support/installation.ts'
import { formatTable, percentile } from './statistics.ts'
import { isMet, TARGETS, type Target } from './targets.ts'

type Benchmark = keyof typeof TARGETS

export type Report<Name extends Benchmark> = {
  machine: string
  tables: { header: string[]; rows: string[][] }[]
  /** What the figures leave out, in sentences. */
  notes: string[]
  /** Everything measured, for programs. */
  figures: object
  /** The figure for each target of this benchmark. */
  measured: Record<keyof (typeof TARGETS)[Name], number>
}

/** Print a benchmark's result, keep it as .artifacts/bench/<name>.json, and let the process end with 1 where a target was missed. */
export function conclude<Name extends Benchmark>(name: Name, report: Report<Name>): void {
  const targets: Record<string, Target> = TARGETS[name]
  const measured: Record<string, number> = report.measured
  const verdicts = Object.entries(targets).map(([key, target]) => {
    const value = measured[key] ?? Number.NaN
    return { key, ...target, value, isMet: isMet(target, value) }
  })
  console.log(`${report.machine}\n`)
  for (const { header, rows } of report.tables) console.log(`${formatTable(header, rows)}\n`)
  for (const note of report.notes) console.log(note)
  console.log()
  const rows = verdicts.map(({ what, max, min, value, isMet: met }) => [
    what,
    max === undefined ? `at least ${min}` : `at most ${max}`,
    formatFigure(value),
    met ? 'met' : 'MISSED',
  ])
  console.log(formatTable(['target', 'limit', 'measured', ''], rows))

  const folder = `${REPOSITORY}/.artifacts/bench`
  mkdirSync(folder, { recursive: true })
  const { machine, notes, figures } = report
  const kept = { name, machine: machine.split('\n'), verdicts, notes, figures }
  writeFileSync(`${folder}/${name}.json`, `${JSON.stringify(kept, null, 2)}\n`)
  if (verdicts.some((verdict) => !verdict.isMet)) process.exitCode = 1
}

/** Three digits that mean something. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return 'unknown'
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0)
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

export const ms = (value: number): string => `${formatFigure(value)} ms`
export const times = (ours: number, theirs: number): string => `${(ours / theirs).toFixed(2)}×`

export const SPREAD_HEADER = ['way', 'n', 'p50', 'p95', 'min', 'max']

/** A row below `SPREAD_HEADER`, of times in milliseconds. */
export function spreadRow(way: string, all: readonly number[]): string[] {
  if (all.length === 0) return [way, '0', '', '', '', '']
  return [way, String(all.length), ...[0.5, 0.95, 0, 1].map((share) => ms(percentile(all, share)))]
}
