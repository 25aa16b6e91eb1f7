import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { eventually } from '@medforge/test-support'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensurePoolLockFolder, POOL_LOCK_BUSY, underPoolLock } from './pool-lock.ts'

let folder: string
let file: string
let log: string
let started: ChildProcess[]
let pipes: number[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medforge-pool-lock-'))
  file = join(folder, 'lock/pool')
  log = join(folder, 'log')
  started = []
  pipes = []
  ensurePoolLockFolder(file)
  writeFileSync(log, '')
})

afterEach(() => {
  for (const child of started) killWithChildren(child)
  for (const end of pipes) closeSync(end)
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a script under the lock, in a process group of its own. `$LOG` is the log; programs in the folder come first. */
function hold(script: string, waitSeconds = 20): ChildProcess {
  const [program, args] = underPoolLock(['sh', '-c', script], { waitSeconds, file })
  const env = { LOG: log, FOLDER: folder, PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin` }
  const child = spawn(program, args, { detached: true, stdio: 'ignore', env })
  started.push(child)
  return child
}

function killWithChildren(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  } catch {
    // All of them have ended.
  }
}

async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

const readLog = () => readFileSync(log, 'utf8').split('\n').filter(Boolean)
const untilLogged = (line: string) => eventually(() => readLog().includes(line))

const WAIT =
  'mkfifo "$FOLDER/go"; echo held >>"$LOG"; read line <"$FOLDER/go"; echo let go >>"$LOG"'

/** Writes a line into a named pipe; waits for nobody who reads it. */
function writeLine(pipe: string, line: string): void {
  const end = openSync(join(folder, pipe), 'r+')
  pipes.push(end)
  writeSync(end, `${line}\n`)
}

describe(underPoolLock, () => {
  test('runs commands that are given at once one after the other', async () => {
    const script =
      'echo in >>"$LOG"; for i in 1 2 3; do echo "$i" >>"$LOG"; done; echo out >>"$LOG"'
    const codes = Array.from({ length: 7 }, () => exitCodeOf(hold(script)))
    expect(await Promise.all(codes)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(readLog()).toEqual(Array.from({ length: 7 }, () => ['in', '1', '2', '3', 'out']).flat())
  })

  test('passes on what the command prints and how it ends', () => {
    const [program, args] = underPoolLock(['sh', '-c', 'echo "$0"; exit 3', 'a b'], {
      ...{ waitSeconds: 1, file },
    })
    const run = () => execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' })
    expect(run).toThrow(expect.objectContaining({ status: 3, stdout: 'a b\n' }))
  })

  test('does not run a command that did not get the lock in time', async () => {
    const holder = hold(WAIT)
    await untilLogged('held')
    expect(await exitCodeOf(hold('echo late >>"$LOG"', 0))).toBe(POOL_LOCK_BUSY)
    writeLine('go', 'on')
    await exitCodeOf(holder)
    expect(readLog()).toEqual(['held', 'let go'])
  })

  test('holds on for a command whose caller was killed, until that command has ended', async () => {
    const killed = hold(WAIT)
    await untilLogged('held')
    killed.kill('SIGKILL')
    await exitCodeOf(killed)
    const next = hold('echo next >>"$LOG"')
    expect(await exitCodeOf(hold('echo early >>"$LOG"', 0))).toBe(POOL_LOCK_BUSY)
    writeLine('go', 'on')
    expect(await exitCodeOf(next)).toBe(0)
    expect(readLog()).toEqual(['held', 'let go', 'next'])
  })

  test('forgets a command that was killed while it waited', async () => {
    const holder = hold(WAIT)
    await untilLogged('held')
    const waiting = hold('echo never >>"$LOG"')
    await once(waiting, 'spawn')
    waiting.kill('SIGKILL')
    await exitCodeOf(waiting)
    writeLine('go', 'on')
    await exitCodeOf(holder)
    expect(await exitCodeOf(hold('echo next >>"$LOG"'))).toBe(0)
    expect(readLog()).toEqual(['held', 'let go', 'next'])
  })

  test('lets the pool come to rest after a command that was killed itself', async () => {
    const pool = '#!/bin/sh\nread answer <"$FOLDER/pool"; echo "the pool $answer" >>"$LOG"\n'
    writeFileSync(join(folder, 'zpool'), pool, { mode: 0o755 })
    execFileSync('mkfifo', [join(folder, 'pool')])
    const killed = hold(WAIT)
    await untilLogged('held')
    killWithChildren(killed)
    const next = hold('echo next >>"$LOG"')
    writeLine('pool', 'answers')
    expect(await exitCodeOf(next)).toBe(0)
    expect(readLog()).toEqual(['held', 'the pool answers', 'next'])
    // Once: this one was not killed.
    expect(await exitCodeOf(hold('echo last >>"$LOG"'))).toBe(0)
    expect(readLog()).toEqual(['held', 'the pool answers', 'next', 'last'])
  })
})

describe(ensurePoolLockFolder, () => {
  test('lets nobody but its owner take the lock', () => {
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
  })

  test('closes a folder that was open', () => {
    chmodSync(dirname(file), 0o755)
    ensurePoolLockFolder(file)
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
  })
})
