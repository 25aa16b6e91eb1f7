import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createOutput, describeResults, type Result } from './output.ts'

const RESULT: Result = {
  title: 'unit tests',
  totals: { passed: 3, failed: 0, skipped: 1 },
  seconds: 12.4,
}

function open(isShared: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-output-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const written: string[] = []
  return { written, output: createOutput(isShared, folder, (text) => void written.push(text)) }
}

describe(createOutput, () => {
  test('leaves the terminal to a part that runs alone', () => {
    const { output, written } = open(false)
    expect(output.begin('unit tests', 'unit')).toBeUndefined()
    output.end(RESULT, undefined)
    expect(written).toEqual([
      '\n── unit tests ──\n',
      '── unit tests: 3 passed, 0 failed, 1 skipped in 12 s ──\n',
    ])
  })

  test('prints a part that runs beside others in one piece when it is over', () => {
    const { output, written } = open(true)
    const file = output.begin('unit tests', 'unit')
    writeFileSync(file ?? '', 'a line\n')
    output.end(RESULT, file)
    expect(written).toEqual([
      '── unit tests: begun ──\n',
      '\n── unit tests ──\na line\n── unit tests: 3 passed, 0 failed, 1 skipped in 12 s ──\n',
    ])
  })
})

test('each part is one line with its mark, time and totals', () => {
  const failed = { title: 'x', totals: { passed: 0, failed: 1, skipped: 0 }, seconds: 100 }
  expect(describeResults([RESULT, failed])).toBe(
    '✓ unit tests    12 s   3 passed, 0 failed, 1 skipped\n✗ x            100 s   0 passed, 1 failed, 0 skipped',
  )
})
