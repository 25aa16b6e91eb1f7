import { spawn } from 'node:child_process'
import { HostAwayError } from '../host-error.ts'

export type CommandResult = { exitCode: number; stdout: string; stderr: string }
/** `name`: what the command is called where it does not answer; its file unless given. */
export type CommandLimits = { limitMs: number; signal: AbortSignal; name?: string }

// The same everywhere, so that nothing of our own environment (secrets among it) reaches a child.
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
}
const OUTPUT_MAX_CHARS = 1024 * 1024

/**
 * Run a program with an argument array in a process of its own.
 *
 * At the limit it is killed and given up, whether or not it dies: a process that waits for a broken device cannot be killed, and must
 * not be waited for.
 *
 * @throws HostAwayError when the program is missing, did not end in time, or printed more than a mebibyte: half a list is no answer
 */
export function runCommand(
  file: string,
  args: string[],
  { limitMs, signal, name = file }: CommandLimits,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    const limit = AbortSignal.any([AbortSignal.timeout(limitMs), signal])

    function giveUp(cause: unknown, does = 'does not answer'): void {
      limit.removeEventListener('abort', onAbort)
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      child.unref()
      reject(new HostAwayError(`The ${name} command ${does}.`, { cause }))
    }
    function onAbort(): void {
      giveUp(limit.reason)
    }

    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text
        if (output[stream].length > OUTPUT_MAX_CHARS) giveUp(undefined, 'prints more than 1 MiB')
      })
    }
    child.on('error', giveUp)
    child.on('close', (exitCode) => {
      limit.removeEventListener('abort', onAbort)
      resolve({ ...output, exitCode: exitCode ?? 1 })
    })
    if (limit.aborted) onAbort()
    else limit.addEventListener('abort', onAbort, { once: true })
  })
}
