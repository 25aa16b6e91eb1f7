import { describe, expect, test } from 'vitest'
import { createProgress } from './progress.ts'

function record(isTTY: boolean) {
  let text = ''
  let time = 0
  const output = { isTTY, columns: 60, write: (chunk: string) => (text += chunk) }
  return {
    progress: createProgress(output, () => time),
    read: () => text,
    pass: (ms: number) => (time += ms),
  }
}

describe(createProgress, () => {
  test('writes whole lines into a log, a detail every ten seconds at most', () => {
    const { progress, read, pass } = record(false)
    progress.begin('Images')
    progress.detail('base')
    pass(10_100)
    progress.detail('node')
    progress.detail('pack')
    progress.note('a sentence')
    progress.end('built')
    expect(read()).toBe('  Images: node (10.1 s)\n  a sentence\n✓ Images: built (10.1 s)\n')
  })

  test.each([false, true])('sends no commands of others to the terminal (%s)', (isTTY) => {
    const { progress, read, pass } = record(isTTY)
    progress.begin('Health')
    pass(10_100)
    progress.detail('waiting: \u001b]0;owned\u0007')
    expect(read()).toContain('waiting: \ufffd]0;owned\ufffd')
  })

  test('keeps one changing line on a terminal, no wider than it', () => {
    const { progress, read } = record(true)
    progress.begin('Images')
    progress.detail('x'.repeat(200))
    progress.end('built')
    const lines = read().split('\r\x1b[2K').filter(Boolean)
    expect(lines.every((line) => line.length < 60)).toBe(true)
    expect(lines.at(-1)).toBe('✓ Images: built (0.0 s)\n')
  })
})
