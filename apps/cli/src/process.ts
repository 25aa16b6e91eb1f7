import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { readEnvironment } from './config/env.ts'
import { Failure } from './failure.ts'

export type RunOptions = {
  timeoutMs?: number
  input?: string
  cwd?: string
  env?: Record<string, string>
  signal?: AbortSignal
  /** Called with every line of stdout and stderr as it comes, for progress. */
  onLine?: (line: string) => void
}

export type Outcome = {
  ok: boolean
  exitCode: number | undefined
  stdout: string
  stderr: string
  timedOut: boolean
  /** The program is not installed. */
  missing: boolean
}

const DEFAULT_TIMEOUT_MS = 30_000

/** Run a program with an argument array and a time limit; a non-zero exit is an answer, never an exception. */
export async function run(
  file: string,
  args: string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const child = execa(file, args, {
    reject: false,
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    forceKillAfterDelay: 2_000,
    extendEnv: false,
    env: { ...readEnvironment().child, ...options.env },
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  })
  if (options.onLine) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', options.onLine)
    }
  }
  const result = await child
  return {
    ok: !result.failed,
    exitCode: result.exitCode,
    stdout: typeof result.stdout === 'string' ? result.stdout : '',
    stderr: typeof result.stderr === 'string' ? result.stderr : '',
    timedOut: result.timedOut,
    missing: result.code === 'ENOENT',
  }
}

/**
 * Run a program that has to succeed.
 *
 * @throws Failure with `message`, the program's last line, and `remedy`
 */
export async function runOrFail(
  file: string,
  args: string[],
  failure: { message: string; remedy: string },
  options: RunOptions = {},
): Promise<Outcome> {
  const outcome = await run(file, args, options)
  if (outcome.ok) return outcome
  throw new Failure(`${failure.message} (${reasonOf(file, outcome)}).`, failure.remedy)
}

/** The shortest honest reason for a failed command: its last line of output, or how it ended. */
export function reasonOf(file: string, outcome: Outcome): string {
  if (outcome.missing) return `${file} is not installed`
  if (outcome.timedOut) return `${file} did not finish in time`
  const lines = `${outcome.stdout}\n${outcome.stderr}`.split('\n').map((line) => line.trim())
  const last = lines.filter(Boolean).at(-1)
  return last
    ? `${file}: ${last.slice(0, 300)}`
    : `${file} ended with code ${outcome.exitCode ?? 'none'}`
}

export async function isInstalled(program: string): Promise<boolean> {
  return (await run('sh', ['-c', 'command -v "$1"', 'sh', program])).ok
}

/** Start a server that outlives this command, in a session of its own, with its output appended to `logFile`. */
export function startDaemon(file: string, args: string[], logFile: string): void {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  const { NODE_OPTIONS: _ours, ...env } = readEnvironment().child
  const child = spawn(file, args, { cwd: '/', detached: true, env, stdio: ['ignore', log, log] })
  child.on('error', () => {}) // a program that is missing shows up as "does not answer"
  child.unref()
  closeSync(log)
}

/** Ids of the processes with this name on this host alone: a test cell on it has its own, which see other mounts. */
export function findProcesses(name: string): number[] {
  const ours = readlinkSync('/proc/self/ns/mnt')
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== name) return false
        return readlinkSync(`/proc/${pid}/ns/mnt`) === ours
      } catch {
        return false // It has ended.
      }
    })
    .map(Number)
}

/** Ask again until `probe` answers something, or the time is up (undefined). */
export async function waitFor<T>(
  probe: () => Promise<T | undefined>,
  limits: { timeoutMs: number; everyMs?: number },
): Promise<T | undefined> {
  const deadline = Date.now() + limits.timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer !== undefined) return answer
    if (Date.now() >= deadline) return undefined
    await new Promise((resolve) => setTimeout(resolve, limits.everyMs ?? 250))
  }
}
