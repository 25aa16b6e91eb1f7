import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PROBLEMS, type ProblemKey, problemCode } from './problems.ts'

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
const keys = Object.keys(PROBLEMS) as ProblemKey[]

describe('docs/errors.md', () => {
  test.each(keys)('explains %s with its status and code', (key) => {
    const { suffix, status } = PROBLEMS[key]
    const section = page.split(`### ${suffix}\n`)[1]
    expect(section?.startsWith(`${status} \`${problemCode(key)}\`. `)).toBe(true)
  })

  test('explains nothing that is not in the catalogue', () => {
    const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, suffix]) => suffix)
    expect(headings.toSorted()).toEqual(keys.map((key) => PROBLEMS[key].suffix).toSorted())
  })
})
