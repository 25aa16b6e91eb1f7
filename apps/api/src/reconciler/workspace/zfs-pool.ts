import { readFile } from 'node:fs/promises'
import type { PoolRoom } from '@medforge/core'
import { findMountInText, listSources } from '@medforge/core/mount-table'
import { createPoolFiles, POOL_FILES_SILENT } from '@medforge/core/pool-files'
import { POOL_LOCK_BUSY, underPoolLock } from '@medforge/core/pool-lock'
import { HostAwayError, HostRefusedError } from '../host-error.ts'
import type { CommandLimits, CommandResult, runCommand } from './run-command.ts'

export type Refusal = ['workspace_refused' | 'workspace_not_mounted', string]

/** The pool below one dataset: its commands, its mounts, and what is wrong with it. */
export interface ZfsPool {
  /** A `zfs` command that neither mounts nor unmounts; it has 10 s unless given otherwise. */
  zfs(args: string[], signal: AbortSignal, limitMs?: number): Promise<CommandResult>
  /** One that does, under the pool's lock. */
  zfsLocked(args: string[], signal: AbortSignal): Promise<CommandResult>
  /** Any program that touches the pool's files; on a pool that hangs it would hold one of this process's few threads for ever. */
  touch(file: string, args: string[], signal: AbortSignal): Promise<CommandResult>
  /** Where a dataset has to be mounted. */
  pathOf(dataset: string, signal: AbortSignal): Promise<string>
  /** Whether the place of a dataset is the mount of this very dataset, and not a directory of whatever lies below it. */
  isMounted(dataset: string, signal: AbortSignal): Promise<boolean>
  /** Every dataset below the root that is mounted; costs no process. */
  listMounted(): Promise<string[]>
  /** Resolves when commands and file systems answer and the root is mounted. @throws HostAwayError */
  check(signal: AbortSignal): Promise<PoolRoom>
  /** What is behind an answer that is no success: a pool that is away, one that is full, or else what the caller says. */
  refusalOf(answer: CommandResult, refusal: Refusal, signal: AbortSignal): Promise<Error>
}

// 15 to 40 ms on an idle host. A device that hangs blocks for ever.
const LIMIT_MS = 10_000
const FILES_LIMIT_MS = 5_000
// A mount takes as long as any command, and those of all launches at once wait for each other.
const LOCK_WAIT_SECONDS = 20
const LOCKED_LIMIT_MS = LOCK_WAIT_SECONDS * 1_000 + LIMIT_MS
const MOUNTS_FILE = '/proc/self/mountinfo'

export function createZfsPool(root: string, run: typeof runCommand): ZfsPool {
  const [poolName = root] = root.split('/')
  let asked: ReturnType<typeof readRoot> | undefined
  // The usual place, until the pool has told its own.
  let askedPath = `/${root}`
  let askFiles = createPoolFiles([askedPath], { limitMs: FILES_LIMIT_MS })

  async function zfs(
    args: string[],
    signal: AbortSignal,
    limitMs = LIMIT_MS,
  ): Promise<CommandResult> {
    return run('zfs', args, { limitMs, signal })
  }

  /** A command that did not end says little; whether the file systems answer is what an operator has to know. */
  async function runOnFiles(file: string, args: string[], limits: CommandLimits) {
    return run(file, args, limits).catch(async (error) => {
      throw (await areFilesSilent()) ? filesSilent(error) : error
    })
  }

  async function zfsLocked(args: string[], signal: AbortSignal): Promise<CommandResult> {
    const wait = { waitSeconds: LOCK_WAIT_SECONDS }
    const [program, rest] = underPoolLock(['zfs', ...args], wait)
    const limits = { limitMs: LOCKED_LIMIT_MS, signal, name: 'zfs' }
    const answer = await runOnFiles(program, rest, limits)
    if (answer.exitCode !== POOL_LOCK_BUSY) return answer
    throw (await areFilesSilent()) ? filesSilent(answer) : poolAway(answer)
  }

  async function areFilesSilent(): Promise<boolean> {
    return (await askFiles()) === 'silent'
  }

  /** Where the root is mounted, and the room of its pool: one command, as it is asked at every scan. */
  async function readRoot(signal: AbortSignal): Promise<{ path: string; room: PoolRoom }> {
    const properties = ['-o', 'name,property,value', 'mountpoint,used,available']
    const answer = await zfs(['get', '-H', '-p', ...properties, poolName, root], signal)
    if (answer.exitCode !== 0) throw poolAway(answer)
    const values = new Map(
      answer.stdout.split('\n').map((line) => {
        const [dataset, property, value = ''] = line.split('\t')
        return [`${dataset} ${property}`, value]
      }),
    )
    const bytes = (key: string) => Number(values.get(key))
    const room = {
      sizeBytes: bytes(`${poolName} used`) + bytes(`${poolName} available`),
      availableBytes: bytes(`${root} available`),
    }
    const path = values.get(`${root} mountpoint`) ?? ''
    if (!path.startsWith('/')) throw poolAway(answer)
    if (!(await isMountedAt(root, path)))
      throw new HostAwayError('The storage pool is not mounted.')
    if (path !== askedPath) {
      askedPath = path
      askFiles = createPoolFiles([path], { limitMs: FILES_LIMIT_MS })
    }
    return { path, room }
  }

  /** Where the root is mounted is asked once, and again after any failure. */
  async function pathOf(dataset: string, signal: AbortSignal): Promise<string> {
    asked ??= readRoot(signal)
    try {
      return `${(await asked).path}${dataset.slice(root.length)}`
    } catch (error) {
      asked = undefined
      throw error
    }
  }

  async function check(signal: AbortSignal): Promise<PoolRoom> {
    const reading = readRoot(signal)
    asked = reading
    const [isSilent, read] = await Promise.allSettled([areFilesSilent(), reading])
    if (read.status === 'rejected' && asked === reading) asked = undefined
    if (isSilent.status === 'fulfilled' && isSilent.value) throw filesSilent(read)
    if (read.status === 'rejected') throw read.reason
    return read.value.room
  }

  async function isFull(signal: AbortSignal): Promise<boolean> {
    const left = await zfs(['get', '-H', '-p', '-o', 'value', 'available', root], signal)
    return left.exitCode === 0 && Number(left.stdout) < ROOM_MIN_BYTES
  }

  return {
    zfs,
    zfsLocked,
    touch: (file, args, signal) => runOnFiles(file, args, { limitMs: LIMIT_MS, signal }),
    pathOf,
    check,

    async isMounted(dataset, signal) {
      return isMountedAt(dataset, await pathOf(dataset, signal))
    },

    async listMounted() {
      return listSources(await readFile(MOUNTS_FILE, 'utf8'), root)
    },

    async refusalOf(answer, [code, text], signal) {
      const cause = new Error(answer.stderr)
      if (OUT_OF_SPACE.test(answer.stderr))
        return new HostRefusedError('pool_full', FULL, { cause })
      try {
        await check(signal)
      } catch (error) {
        return error instanceof Error ? error : poolAway(answer)
      }
      // ZFS does not always say so: for want of room it may be a mount point that cannot be made.
      if (await isFull(signal)) return new HostRefusedError('pool_full', FULL, { cause })
      return new HostRefusedError(code, text, { cause })
    },
  }
}

async function isMountedAt(dataset: string, path: string): Promise<boolean> {
  return findMountInText(await readFile(MOUNTS_FILE, 'utf8'), path)?.source === dataset
}

const OUT_OF_SPACE = /out of space|no space left|quota exceeded/i
// An empty dataset takes some tens of KiB, its mount point a few more.
const ROOM_MIN_BYTES = 1024 ** 2
const FULL = 'The storage of this host is full. Tell the operator, who has to free some.'

function filesSilent(cause: unknown): HostAwayError {
  return new HostAwayError(POOL_FILES_SILENT, { cause })
}

export function poolAway(answer: CommandResult): HostAwayError {
  return new HostAwayError('The storage pool does not answer.', { cause: new Error(answer.stderr) })
}
