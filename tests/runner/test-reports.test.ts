import { describe, expect, test } from 'vitest'
import { describeFailures, describeSlowest, readTests } from './test-reports.ts'

describe(readTests, () => {
  test('takes every test of a vitest report, one that did not run included', () => {
    const assertionResults = [
      { fullName: 'a b', duration: 1500, status: 'passed' },
      { fullName: 'c', status: 'skipped' },
      { fullName: 'd', duration: 1, status: 'failed', failureMessages: ['Error: 1 is not 2'] },
    ]
    const report = JSON.stringify({ testResults: [{ name: '/clone/x.test.ts', assertionResults }] })
    expect(readTests('vitest', report)).toEqual([
      { file: '/clone/x.test.ts', title: 'a b', seconds: 1.5, failure: null },
      { file: '/clone/x.test.ts', title: 'c', seconds: 0, failure: null },
      { file: '/clone/x.test.ts', title: 'd', seconds: 0.001, failure: 'Error: 1 is not 2' },
    ])
  })

  test('takes a file that could not be run', () => {
    const broken = { name: '/clone/x.test.ts', message: 'cannot be read', assertionResults: [] }
    expect(readTests('vitest', JSON.stringify({ testResults: [broken] }))).toEqual([
      {
        file: '/clone/x.test.ts',
        title: 'the file as a whole',
        seconds: 0,
        failure: 'cannot be read',
      },
    ])
  })

  test('takes every test of a Playwright report, however deep its suite', () => {
    const spec = (title: string, ok: boolean, ...durations: number[]) => ({
      title,
      ok,
      tests: [
        {
          results: durations.map((duration) => ({
            duration,
            errors: ok ? [] : [{ message: `after ${duration}` }],
          })),
        },
      ],
    })
    const inner = { file: 'a.spec.ts', specs: [spec('inner', true, 500)] }
    const outer = { file: 'a.spec.ts', specs: [spec('outer', false, 1000, 2000)], suites: [inner] }
    expect(readTests('playwright', JSON.stringify({ suites: [outer] }))).toEqual([
      { file: 'tests/e2e/a.spec.ts', title: 'outer', seconds: 3, failure: 'after 1000' },
      { file: 'tests/e2e/a.spec.ts', title: 'inner', seconds: 0.5, failure: null },
    ])
  })

  test('finds none where a runner reports an exit code alone', () => {
    expect(readTests('exit code', '')).toEqual([])
  })
})

test('the slowest tests are listed first, by their path in the repository, and no more than asked', () => {
  const tests = [1, 30, 2].map((seconds) => ({
    file: '/clone/x.test.ts',
    title: 't',
    seconds,
    failure: null,
  }))
  expect(describeSlowest(tests, '/clone', 2)).toBe('  30.0 s  x.test.ts: t\n   2.0 s  x.test.ts: t')
})

test('what failed is listed with the first lines of why, without colours', () => {
  const failed = {
    file: '/clone/x.test.ts',
    title: 't',
    seconds: 1,
    failure: '\u001b[31ma\u001b[0m\nb\nc',
  }
  const tests = [failed, { ...failed, title: 'u', failure: null }]
  expect(describeFailures(tests, '/clone', 2)).toBe('  ✗ x.test.ts: t\n      a\n      b')
})
