import type { ReportKind } from './totals.ts'

/** A test of a report, and how long it took with what was set up for it alone. */
export type TimedTest = { file: string; title: string; seconds: number }

type VitestReport = {
  testResults: {
    name: string
    assertionResults: { fullName: string; duration?: number | null }[]
  }[]
}

type PlaywrightSuite = {
  file: string
  suites?: PlaywrightSuite[]
  specs: { title: string; tests: { results: { duration: number }[] }[] }[]
}

/** Every test of a runner's JSON report. */
export function readTimes(kind: ReportKind, report: string): TimedTest[] {
  if (kind === 'exit code') return []
  const parsed: unknown = JSON.parse(report)
  if (kind === 'playwright') {
    return (parsed as { suites: PlaywrightSuite[] }).suites.flatMap(timesOfSuite)
  }
  return (parsed as VitestReport).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, duration }) => ({
      file: name,
      title: fullName,
      seconds: (duration ?? 0) / 1000,
    })),
  )
}

function timesOfSuite({ file, suites = [], specs }: PlaywrightSuite): TimedTest[] {
  const own = specs.map(({ title, tests }) => ({
    file: `tests/e2e/${file}`,
    title,
    seconds:
      tests.flatMap(({ results }) => results).reduce((sum, run) => sum + run.duration, 0) / 1000,
  }))
  return [...own, ...suites.flatMap(timesOfSuite)]
}

/** The slowest tests, one a line, the slowest first. */
export function describeSlowest(tests: readonly TimedTest[], root: string, count = 20): string {
  return tests
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map(({ file, title, seconds }) => {
      const path = file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file
      return `${seconds.toFixed(1).padStart(6)} s  ${path}: ${title}`
    })
    .join('\n')
}
