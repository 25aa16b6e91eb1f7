import { describe, expect, test } from 'vitest'
import { runCommand } from './run-command.ts'

const limits = { limitMs: 20_000, signal: new AbortController().signal }

/** How many characters of those that a command prints to a stream are there. */
async function print(chars: number, stream: 'stdout' | 'stderr') {
  const to = { stdout: 1, stderr: 2 }[stream]
  const command = `head --bytes ${chars} /dev/zero >&${to}`
  const answer = await runCommand('sh', ['-c', command], limits)
  return answer[stream].length
}

describe(runCommand, () => {
  test.each(['stdout', 'stderr'] as const)(
    'fails a command that prints more to %s than it keeps, and never cuts what it resolves with',
    async (stream) => {
      expect(await print(1024 * 1024, stream)).toBe(1024 * 1024)
      await expect(print(1024 * 1024 + 1, stream)).rejects.toMatchObject({
        name: 'HostAwayError',
        text: 'The sh command prints more than 1 MiB.',
      })
    },
  )
})
