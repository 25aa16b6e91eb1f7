import { describe, expect, test } from 'vitest'
import { describeSlowest, readTimes } from './slowest.ts'

describe(readTimes, () => {
  test('takes every test of a vitest report, one that did not run included', () => {
    const assertionResults = [{ fullName: 'a b', duration: 1500 }, { fullName: 'c' }]
    const report = JSON.stringify({ testResults: [{ name: '/root/x.test.ts', assertionResults }] })
    expect(readTimes('vitest', report)).toEqual([
      { file: '/root/x.test.ts', title: 'a b', seconds: 1.5 },
      { file: '/root/x.test.ts', title: 'c', seconds: 0 },
    ])
  })

  test('takes every test of a Playwright report, however deep its suite', () => {
    const spec = (title: string, ...durations: number[]) => ({
      title,
      tests: [{ results: durations.map((duration) => ({ duration })) }],
    })
    const inner = { file: 'a.spec.ts', specs: [spec('inner', 500)] }
    const outer = { file: 'a.spec.ts', specs: [spec('outer', 1000, 2000)], suites: [inner] }
    expect(readTimes('playwright', JSON.stringify({ suites: [outer] }))).toEqual([
      { file: 'tests/e2e/a.spec.ts', title: 'outer', seconds: 3 },
      { file: 'tests/e2e/a.spec.ts', title: 'inner', seconds: 0.5 },
    ])
  })

  test('finds none where a runner reports an exit code alone', () => {
    expect(readTimes('exit code', '')).toEqual([])
  })
})

test('the slowest tests are listed first, by their path in the repository, and no more than asked', () => {
  const tests = [1, 30, 2].map((seconds) => ({ file: '/root/x.test.ts', title: 't', seconds }))
  expect(describeSlowest(tests, '/root', 2)).toBe('  30.0 s  x.test.ts: t\n   2.0 s  x.test.ts: t')
})
