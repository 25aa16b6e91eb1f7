import { readFile } from 'node:fs/promises'
import { assertDataset, assertSnapshot } from '@medforge/core'
import { POOL_LOCK_BUSY, underPoolLock } from '@medforge/core/pool-lock'
import { type Failpoint, noFailpoint } from '../../lib/failpoints.ts'
import { HostAwayError, HostRefusedError } from '../host-error.ts'
import { findMount } from './mounts.ts'
import type { SessionWorkspaces } from './port.ts'
import { type CommandResult, runCommand } from './run-command.ts'

export type ZfsOptions = {
  /** Dataset below which every workspace lies. It is made by the set-up, never here. */
  root: string
  /** `refquota`, so that a person at the limit can still delete; null: none. */
  quotaBytes: number | null
  /** How a command is run; replaced in tests. */
  run?: typeof runCommand
  failpoint?: Failpoint
}

const OWNER = '1000:1000'
// 15 to 40 ms on an idle host. A device that hangs blocks for ever.
const LIMIT_MS = 10_000
// A mount takes as long as any command, and those of all launches at once wait for each other.
const LOCK_WAIT_SECONDS = 8
const MOUNTS_FILE = '/proc/self/mountinfo'

/** Workspaces as ZFS datasets, by the `zfs` command (OpenZFS or zfs-fuse: only options that both know). */
export function createZfsWorkspaces(options: ZfsOptions): SessionWorkspaces {
  const { root, quotaBytes, run = runCommand, failpoint = noFailpoint } = options
  let rootPath: Promise<string> | undefined

  async function zfs(args: string[], signal: AbortSignal): Promise<CommandResult> {
    return run('zfs', args, { limitMs: LIMIT_MS, signal })
  }

  /** The same for what mounts or unmounts. */
  async function zfsLocked(args: string[], signal: AbortSignal): Promise<CommandResult> {
    const wait = { waitSeconds: LOCK_WAIT_SECONDS }
    const [program, rest] = underPoolLock(['zfs', ...args], wait)
    const answer = await run(program, rest, { limitMs: LIMIT_MS, signal, name: 'zfs' })
    if (answer.exitCode === POOL_LOCK_BUSY) throw away(answer)
    return answer
  }

  async function readRootPath(signal: AbortSignal): Promise<string> {
    const answer = await zfs(
      ['get', '-H', '-o', 'property,value', 'mountpoint,mounted', root],
      signal,
    )
    if (answer.exitCode !== 0) throw away(answer)
    const values = new Map(
      answer.stdout.split('\n').map((line) => line.split('\t') as [string, string]),
    )
    const path = values.get('mountpoint') ?? ''
    if (!path.startsWith('/')) throw away(answer)
    if (!(await isMounted(root, path))) throw new HostAwayError('The storage pool is not mounted.')
    return path
  }

  /** Where the root is mounted; asked once, and again after any failure. */
  async function pathOf(dataset: string, signal: AbortSignal): Promise<string> {
    rootPath ??= readRootPath(signal)
    try {
      return `${await rootPath}${dataset.slice(root.length)}`
    } catch (error) {
      rootPath = undefined
      throw error
    }
  }

  /**
   * The person's own dataset, which holds the workspace, comes first: a mount made below one that is missing leaves a folder where that has
   * to go, and ZFS mounts nothing on a folder that is not empty. Where it cannot be mounted the workspace can all the same.
   */
  async function mountParent(dataset: string, signal: AbortSignal): Promise<void> {
    const parent = dataset.slice(0, dataset.lastIndexOf('/'))
    if (await isMounted(parent, await pathOf(parent, signal))) return
    await zfsLocked(['mount', parent], signal)
  }

  async function mountAgain(dataset: string, path: string, signal: AbortSignal): Promise<void> {
    const answer = await zfsLocked(['mount', dataset], signal)
    if (await isMounted(dataset, path)) return
    throw await refusalOf(answer, ['workspace_not_mounted', NOT_MOUNTED], signal)
  }

  /** What is behind an answer that is no success: a pool that is away, one that is full, or else what the caller says. */
  async function refusalOf(
    answer: CommandResult,
    [code, text]: ['workspace_refused' | 'workspace_not_mounted', string],
    signal: AbortSignal,
  ): Promise<Error> {
    const cause = new Error(answer.stderr)
    if (OUT_OF_SPACE.test(answer.stderr)) return new HostRefusedError('pool_full', FULL, { cause })
    try {
      await check(signal)
    } catch (error) {
      return error instanceof Error ? error : away(answer)
    }
    // ZFS does not always say so: for want of room it may be a mount point that cannot be made.
    if (await isFull(signal)) return new HostRefusedError('pool_full', FULL, { cause })
    return new HostRefusedError(code, text, { cause })
  }

  async function isFull(signal: AbortSignal): Promise<boolean> {
    const left = await zfs(['get', '-H', '-p', '-o', 'value', 'available', root], signal)
    return left.exitCode === 0 && Number(left.stdout) < ROOM_MIN_BYTES
  }

  async function check(signal: AbortSignal): Promise<void> {
    rootPath = undefined
    await pathOf(root, signal)
  }

  return {
    check,

    async observe(dataset, snapshot, signal) {
      try {
        assertDataset(root, dataset)
        const path = await pathOf(dataset, signal)
        const mounted = await isMounted(dataset, path)
        if (snapshot === null) return { kind: 'known', isMounted: mounted, snapshotTaken: false }
        assertSnapshot(root, snapshot)
        const answer = await zfs(['list', '-H', '-t', 'snapshot', '-o', 'name', snapshot], signal)
        if (answer.exitCode !== 0 && !isNotThere(answer)) throw away(answer)
        if (answer.exitCode !== 0) await check(signal)
        return { kind: 'known', isMounted: mounted, snapshotTaken: answer.exitCode === 0 }
      } catch (error) {
        return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) }
      }
    },

    async ensure(dataset, signal) {
      assertDataset(root, dataset)
      const path = await pathOf(dataset, signal)
      if (!(await isMounted(dataset, path))) {
        await mountParent(dataset, signal)
        const quota = quotaBytes === null ? [] : ['-o', `refquota=${quotaBytes}`]
        // `-p` makes the person's own dataset on the way and succeeds when this one exists.
        const answer = await zfsLocked(['create', '-p', ...quota, dataset], signal)
        if (answer.exitCode !== 0) throw await refusalOf(answer, REFUSED, signal)
        await failpoint('c3.dataset_created')
        if (!(await isMounted(dataset, path))) await mountAgain(dataset, path, signal)
      }
      // A process of its own: on a pool that hangs it would hold one of this process's few file-system threads for ever.
      const owned = await run('chown', [OWNER, path], { limitMs: LIMIT_MS, signal })
      if (owned.exitCode !== 0) throw away(owned)
      return path
    },

    async snapshot(name, signal) {
      const dataset = assertSnapshot(root, name)
      const answer = await zfs(['snapshot', name], signal)
      if (answer.exitCode === 0 || /dataset already exists/.test(answer.stderr)) return 'taken'
      if (!isNotThere(answer)) throw await refusalOf(answer, REFUSED, signal)
      // A pool that is away says the same words as a dataset that never was.
      await check(signal)
      const list = await zfs(['list', '-H', '-o', 'name', dataset], signal)
      if (list.exitCode !== 0 && isNotThere(list)) return 'no-workspace'
      throw away(answer)
    },
  }
}

/** Whether `path` is the mount of this very dataset, and not a directory of whatever lies below it. */
async function isMounted(dataset: string, path: string): Promise<boolean> {
  return findMount(await readFile(MOUNTS_FILE, 'utf8'), path)?.source === dataset
}

function isNotThere(answer: CommandResult): boolean {
  return /dataset does not exist/.test(answer.stderr)
}

const OUT_OF_SPACE = /out of space|no space left|quota exceeded/i
// An empty dataset takes some tens of KiB, its mount point a few more.
const ROOM_MIN_BYTES = 1024 ** 2
const FULL = 'The storage of this host is full. Tell the operator, who has to free some.'
const NOT_MOUNTED =
  'The workspace could not be mounted. Tell the operator: ./medforge doctor says what is wrong.'
const REFUSED: ['workspace_refused', string] = [
  'workspace_refused',
  'The workspace could not be made. Tell the operator: ./medforge doctor says what is wrong.',
]

function away(answer: CommandResult): HostAwayError {
  return new HostAwayError('The storage pool does not answer.', { cause: new Error(answer.stderr) })
}
