import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { POOL_FILES_SILENT } from '@medforge/core/pool-files'
import { Failure } from '../failure.ts'
import { DATASETS, POOL, POOL_FILE, POOL_MOUNT, STATE } from '../names.ts'
import { reasonOf, run, waitFor } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'
import { askPoolFiles, poolHealth, zfsAnswers } from './pool-health.ts'
import { runOnPool, runOnPoolOrFail } from './pool-lock.ts'
import {
  detachMounts,
  endZfsDaemon,
  findZfsDaemons,
  startZfsDaemon,
  ZFS_DAEMON_LOG,
} from './zfs-daemon.ts'

export type ZfsKind = 'kernel' | 'fuse'

const PATIENCE_MS = 25_000
const CREATING = `${POOL_FILE}.creating`

/** Which ZFS this host can have: the kernel's where it loads, else the one in user space. */
export async function detectZfs(): Promise<ZfsKind> {
  if (existsSync('/dev/zfs')) return 'kernel'
  const loaded = await run('modprobe', ['zfs'])
  return loaded.ok && existsSync('/dev/zfs') ? 'kernel' : 'fuse'
}

/**
 * Make sure that ZFS answers, its commands and its file systems, starting the user-space daemon where that is the kind, and ending one that
 * hangs first. With it the file systems of whatever runs on the pool are dead: see `endContainersOnDeadMounts`.
 */
export async function ensureZfs(
  kind: ZfsKind,
  progress: Progress,
): Promise<'answers' | 'started' | 'restarted'> {
  if (await hangs(kind, progress)) {
    if (kind === 'kernel') throw new Failure(POOL_FILES_SILENT, KERNEL_REMEDY)
    await endZfsDaemon()
    await startAnew()
    return 'restarted'
  }
  if (await zfsAnswers()) return 'answers'
  if (kind === 'kernel') {
    throw new Failure(
      'The kernel has ZFS but zpool cannot talk to it.',
      'Install the zfsutils-linux that matches the kernel module, and run this again.',
    )
  }
  await startAnew()
  return 'started'
}

const KERNEL_REMEDY = `A device may be away: zpool status ${POOL} names it. Bring it back and run zpool clear ${POOL}, or restart this host; then run this again.`

/** Whether what is there does not answer, by patience: a loaded host is slow, and a daemon that is ended takes every session with it. */
async function hangs(kind: ZfsKind, progress: Progress): Promise<boolean> {
  if ((await askPoolFiles()) === 'silent') {
    progress.detail(`${POOL_FILES_SILENT} Asking for ${PATIENCE_MS / 1000} s more`)
    return (await askPoolFiles(PATIENCE_MS)) === 'silent'
  }
  if (kind === 'kernel' || findZfsDaemons().length === 0) return false
  const answer = async () => (await zfsAnswers()) || undefined
  return !(await waitFor(answer, { timeoutMs: PATIENCE_MS, everyMs: 1_000 }))
}

async function startAnew(): Promise<void> {
  await detachMounts()
  await startZfsDaemon()
  const answer = async () => (await zfsAnswers()) || undefined
  if (await waitFor(answer, { timeoutMs: 30_000 })) return
  const list = await run('zpool', ['list'])
  throw new Failure(
    `The ZFS daemon did not start (${reasonOf('zpool', list)}).`,
    `Its log is ${ZFS_DAEMON_LOG}; it needs /dev/fuse. Run this again when the cause is gone.`,
  )
}

/**
 * Make sure that the pool is there: imported, or imported from our file after a reboot, or created on a sparse file.
 *
 * A pool is only ever created where nothing can be lost: on a file that does not exist, or that holds no block yet, or
 * whose creation was interrupted (the marker beside it says so).
 */
export async function ensurePool(
  sizeGib: number,
  progress: Progress,
): Promise<'present' | 'imported' | 'created'> {
  const health = await poolHealth()
  if (health !== undefined) {
    if (health === 'ONLINE' || health === 'DEGRADED') {
      forgetCreation()
      return 'present'
    }
    throw new Failure(
      `The pool ${POOL} is ${health}.`,
      `Look at zpool status ${POOL}, repair it, and run this again.`,
    )
  }
  mkdirSync(STATE, { recursive: true, mode: 0o711 })
  if (await importPool()) {
    forgetCreation()
    return 'imported'
  }
  const isUnused =
    !existsSync(POOL_FILE) || existsSync(CREATING) || statSync(POOL_FILE).blocks === 0
  if (!isUnused) {
    throw new Failure(
      `${POOL_FILE} exists but holds no pool that can be imported.`,
      `Look at zpool import -d ${STATE}; if nothing in it is needed any more, move the file away and run this again.`,
    )
  }
  progress.detail(`creating the pool on ${POOL_FILE} (${sizeGib} GiB, sparse)`)
  writeFileSync(CREATING, '')
  rmSync(POOL_FILE, { force: true })
  closeSync(openSync(POOL_FILE, 'wx', 0o600))
  truncateSync(POOL_FILE, sizeGib * 1024 ** 3)
  await runOnPoolOrFail(
    'zpool',
    ['create', '-f', '-m', POOL_MOUNT, POOL, POOL_FILE],
    {
      message: `The pool ${POOL} could not be created on ${POOL_FILE}`,
      remedy: `Make sure that ${POOL_MOUNT} is empty and that the disk has room, and run this again.`,
    },
    { timeoutMs: 120_000 },
  )
  forgetCreation()
  return 'created'
}

// The mark says that the file may be thrown away. A pool that was seen alive has been created, whatever killed us before this line.
function forgetCreation(): void {
  rmSync(CREATING, { force: true })
}

async function importPool(): Promise<boolean> {
  // First whatever disks the host has, then our own file.
  if ((await runOnPool('zpool', ['import', POOL], { timeoutMs: 120_000 })).ok) return true
  if (!existsSync(POOL_FILE)) return false
  return (await runOnPool('zpool', ['import', '-f', '-d', STATE, POOL], { timeoutMs: 120_000 })).ok
}

/**
 * Delete what `up` made: the pool where it lies on our file, else (an operator's own disks) only our datasets in it.
 *
 * Mounts of containers that ended a moment ago may still hold it, so it is tried for a while, at last with the mounts
 * detached.
 */
export async function destroyPool(): Promise<void> {
  if ((await poolHealth()) !== undefined) {
    const devices = (await run('zpool', ['status', POOL])).stdout
    const [program, args]: [string, string[]] = devices.includes(POOL_FILE)
      ? ['zpool', ['destroy', '-f', POOL]]
      : ['zfs', ['destroy', '-r', '-f', DATASETS[0]]]
    const destroy = async () =>
      (await runOnPool(program, args, { timeoutMs: 120_000 })).ok ? true : undefined
    if (!(await waitFor(destroy, { timeoutMs: 10_000, everyMs: 1_000 }))) {
      await detachMounts()
      await runOnPoolOrFail(
        program,
        args,
        {
          message: `The pool ${POOL} could not be emptied`,
          remedy: `See who uses it with fuser -vm ${POOL_MOUNT}, end that, and run this again.`,
        },
        { timeoutMs: 120_000 },
      )
    }
  }
  rmSync(POOL_FILE, { force: true })
  forgetCreation()
}
