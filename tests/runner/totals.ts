/** What one runner did. A runner that only says yes or no counts as one check. */
export type Totals = { passed: number; failed: number; skipped: number }

export const NOTHING: Totals = { passed: 0, failed: 0, skipped: 0 }

export type ReportKind = 'vitest' | 'playwright' | 'exit code'

type VitestReport = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests?: number
}

type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
}

/**
 * The totals of a runner from its JSON report and its exit code, which count together: a runner that failed has at
 * least one failure even where its report names none (a file that does not load, a crash), and one that ran no test
 * has failed.
 *
 * @param report  the report's text; undefined where the runner wrote none
 */
export function readTotals(kind: ReportKind, report: string | undefined, exitCode: number): Totals {
  if (kind === 'exit code') {
    return exitCode === 0 ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: 1 }
  }
  const totals = report === undefined ? NOTHING : parseReport(kind, report)
  const ranNothing = totals.passed + totals.failed === 0
  const hidesFailure = exitCode !== 0 && totals.failed === 0
  return ranNothing || hidesFailure ? { ...totals, failed: totals.failed + 1 } : totals
}

function parseReport(kind: 'vitest' | 'playwright', report: string): Totals {
  const parsed: unknown = JSON.parse(report)
  if (kind === 'vitest') {
    const vitest = parsed as VitestReport
    return {
      passed: vitest.numPassedTests,
      failed: vitest.numFailedTests,
      skipped: vitest.numPendingTests + (vitest.numTodoTests ?? 0),
    }
  }
  // A test that passed only when tried again has failed: it hides a race.
  const { expected, unexpected, flaky, skipped } = (parsed as PlaywrightReport).stats
  return { passed: expected, failed: unexpected + flaky, skipped }
}

export function addTotals(all: Totals[]): Totals {
  return all.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    NOTHING,
  )
}

export function describeTotals({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
