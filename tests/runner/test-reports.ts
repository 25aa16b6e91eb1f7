import { stripVTControlCharacters } from 'node:util'
import type { ReportKind } from './totals.ts'

/** A test of a report, how long it took with what was set up for it alone, and why it failed, if it did. */
export type TestRecord = { file: string; title: string; seconds: number; failure: string | null }

type VitestReport = {
  testResults: {
    name: string
    /** Of a file that could not be run. */
    message?: string
    assertionResults: {
      fullName: string
      duration?: number | null
      status: string
      failureMessages?: string[]
    }[]
  }[]
}

type PlaywrightSuite = {
  file: string
  suites?: PlaywrightSuite[]
  specs: {
    title: string
    ok: boolean
    tests: { results: { duration: number; errors?: { message?: string }[] }[] }[]
  }[]
}

/** Every test of a runner's JSON report, and every file that could not be run. */
export function readTests(kind: ReportKind, report: string): TestRecord[] {
  if (kind === 'exit code') return []
  const parsed: unknown = JSON.parse(report)
  if (kind === 'playwright') {
    return (parsed as { suites: PlaywrightSuite[] }).suites.flatMap(readSuite)
  }
  return (parsed as VitestReport).testResults.flatMap(
    ({ name: file, message, assertionResults }) => {
      const tests = assertionResults.map(
        ({ fullName, duration, status, failureMessages = [] }) => ({
          file,
          title: fullName,
          seconds: (duration ?? 0) / 1000,
          failure: status === 'failed' ? (failureMessages[0] ?? 'no message') : null,
        }),
      )
      const whole = { file, title: 'the file as a whole', seconds: 0, failure: message ?? null }
      return message ? [...tests, whole] : tests
    },
  )
}

function readSuite({ file, suites = [], specs }: PlaywrightSuite): TestRecord[] {
  const own = specs.map(({ title, ok, tests }) => {
    const results = tests.flatMap((test) => test.results)
    const messages = results.flatMap(({ errors = [] }) => errors.map(({ message }) => message))
    return {
      file: `tests/e2e/${file}`,
      title,
      seconds: results.reduce((sum, { duration }) => sum + duration, 0) / 1000,
      failure: ok ? null : (messages[0] ?? 'no message'),
    }
  })
  return [...own, ...suites.flatMap(readSuite)]
}

/** The slowest tests, one a line, the slowest first. */
export function describeSlowest(tests: readonly TestRecord[], root: string, count = 20): string {
  return tests
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map((test) => `${test.seconds.toFixed(1).padStart(6)} s  ${describeTest(test, root)}`)
    .join('\n')
}

/** What failed, each with the first lines of why; empty where nothing did. */
export function describeFailures(tests: readonly TestRecord[], root: string, lines = 3): string {
  return tests
    .flatMap((test) => {
      if (test.failure === null) return []
      const why = stripVTControlCharacters(test.failure).split('\n').slice(0, lines)
      return [`  ✗ ${describeTest(test, root)}`, ...why.map((line) => `      ${line}`)]
    })
    .join('\n')
}

function describeTest({ file, title }: TestRecord, root: string): string {
  return `${file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file}: ${title}`
}
