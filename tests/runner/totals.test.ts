import { describe, expect, test } from 'vitest'
import { addTotals, describeTotals, readTotals } from './totals.ts'

const vitest = (numPassedTests: number, numFailedTests: number, numPendingTests = 0) =>
  JSON.stringify({ numPassedTests, numFailedTests, numPendingTests, numTodoTests: 1 })
const playwright = (expected: number, unexpected: number, flaky: number) =>
  JSON.stringify({ stats: { expected, unexpected, flaky, skipped: 2 } })

describe(readTotals, () => {
  test('counts a check without a report as one', () => {
    expect(readTotals('exit code', undefined, 0)).toEqual({ passed: 1, failed: 0, skipped: 0 })
    expect(readTotals('exit code', undefined, 2)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  test('takes the figures of a report', () => {
    expect(readTotals('vitest', vitest(7, 2, 1), 1)).toEqual({ passed: 7, failed: 2, skipped: 2 })
    expect(readTotals('playwright', playwright(3, 1, 0), 1)).toEqual({
      passed: 3,
      failed: 1,
      skipped: 2,
    })
  })

  test('counts a test that passed only on a second try as failed', () => {
    expect(readTotals('playwright', playwright(3, 0, 1), 0)).toMatchObject({ passed: 3, failed: 1 })
  })

  test.each([
    { note: 'a runner that failed without naming a test', report: vitest(7, 0), exitCode: 1 },
    { note: 'a runner that ran no test', report: vitest(0, 0), exitCode: 0 },
    { note: 'a runner that wrote no report', report: undefined, exitCode: 0 },
  ])('counts $note as failed', ({ report, exitCode }) => {
    expect(readTotals('vitest', report, exitCode).failed).toBe(1)
  })
})

test('totals add up to the closing line', () => {
  const all = addTotals([
    { passed: 1, failed: 0, skipped: 2 },
    { passed: 4, failed: 1, skipped: 0 },
  ])
  expect(describeTotals(all)).toBe('5 passed, 1 failed, 2 skipped')
})
