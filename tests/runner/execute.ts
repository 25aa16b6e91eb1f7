import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, createWriteStream, openSync } from 'node:fs'
import type { CliEnvironment } from '@medforge/cli/config/env.ts'

/** Above what the slowest program here ever took; one that hangs ends here instead of using up the run. */
const LIMIT_MS = 30 * 60_000

const PIPES_LIMIT_MS = 5_000

export type Execution = {
  command: [string, ...string[]]
  env?: Record<string, string>
  /** A file that gets a copy of the output. */
  copyTo?: string
  /** A file that gets the output instead of the terminal. */
  outputTo?: string
  limitMs?: number
}

/** Run a program whose output a person follows; its exit code, 1 where it was killed. */
export async function execute(environment: CliEnvironment, options: Execution): Promise<number> {
  const [file, ...args] = options.command
  const target = options.outputTo === undefined ? undefined : openSync(options.outputTo, 'w')
  const output = target ?? (options.copyTo === undefined ? 'inherit' : 'pipe')
  const child = spawn(file, args, {
    cwd: environment.root,
    env: { ...environment.child, ...options.env },
    stdio: ['ignore', output, output],
    timeout: options.limitMs ?? LIMIT_MS,
  })
  if (target !== undefined) closeSync(target)
  else if (options.copyTo !== undefined) {
    const copy = createWriteStream(options.copyTo)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.pipe(process.stdout, { end: false })
      stream?.pipe(copy, { end: false })
    }
  }
  const closed = once(child, 'close').catch(() => {})
  const [code] = (await once(child, 'exit')) as [number | null]
  // What it started may outlive it where it was killed, and keeps the pipes open.
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, PIPES_LIMIT_MS)
  await Promise.race([closed, late])
  clearTimeout(timer)
  if (code === null && child.killed) {
    const minutes = Math.round((options.limitMs ?? LIMIT_MS) / 60_000)
    console.error(
      `${options.command.join(' ')} did not end within ${minutes} minutes; it was ended.`,
    )
  }
  return code ?? 1
}
