import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
// Texts of the product that people see, not documents about it.
const PRODUCT_TEXT = /^competitions\/[^/]+-[^/]+\/|WELCOME\.md$/
const DOCUMENTS = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && !PRODUCT_TEXT.test(path))

/** Lines of prose: no code, no tables, nothing that is one long word. */
function prose(text: string): string[] {
  let isCode = false
  return text.split('\n').filter((line) => {
    if (line.trimStart().startsWith('```')) isCode = !isCode
    return !isCode && !/^\||^ {4}/.test(line) && line.trim().includes(' ')
  })
}

describe.each(DOCUMENTS)('%s', (path) => {
  const text = readFileSync(join(ROOT, path), 'utf8')

  test('wraps its lines at 120 columns', () => {
    expect(prose(text).filter((line) => line.length > 120)).toEqual([])
  })

  test('links to files that are there', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(
      ([, to]) => to ?? '',
    )
    const missing = targets.filter((to) => !existsSync(join(ROOT, dirname(path), to)))
    expect(missing).toEqual([])
  })
})
