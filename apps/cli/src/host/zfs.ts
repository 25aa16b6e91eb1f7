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
import { Failure } from '../failure.ts'
import { DATASETS, LOGS, POOL, POOL_FILE, POOL_MOUNT, STATE } from '../names.ts'
import { must, reasonOf, run, startDaemon, waitFor } from '../process.ts'
import type { Progress } from '../terminal/progress.ts'
import { isSystemdHost } from './docker.ts'
import { readMounts } from './mounts.ts'
import { mustOnPool, runOnPool } from './pool-lock.ts'

export type ZfsKind = 'kernel' | 'fuse'

const LOG_FILE = `${LOGS}/zfs-fuse.log`
const CREATING = `${POOL_FILE}.creating`

/** Which ZFS this host can have: the kernel's where it loads, else the one in user space. */
export async function detectZfs(): Promise<ZfsKind> {
  if (existsSync('/dev/zfs')) return 'kernel'
  const loaded = await run('modprobe', ['zfs'])
  return loaded.ok && existsSync('/dev/zfs') ? 'kernel' : 'fuse'
}

/** Whether `zpool` gets an answer; with the user-space kind that means that its daemon runs. */
export async function zfsAnswers(): Promise<boolean> {
  return (await run('zpool', ['list', '-H', '-o', 'name'], { timeoutMs: 10_000 })).ok
}

/**
 * Make sure that ZFS answers, starting the user-space daemon where that is the kind.
 *
 * @returns whether this call started it
 */
export async function ensureZfs(kind: ZfsKind): Promise<boolean> {
  if (await zfsAnswers()) return false
  if (kind === 'kernel') {
    throw new Failure(
      'The kernel has ZFS but zpool cannot talk to it.',
      'Install the zfsutils-linux that matches the kernel module, and run this again.',
    )
  }
  await detachMounts()
  if (!existsSync('/dev/fuse')) await run('modprobe', ['fuse'])
  if (isSystemdHost()) await run('systemctl', ['enable', '--now', 'zfs-fuse'])
  if (!(await zfsAnswers())) {
    mkdirSync('/run/zfs', { recursive: true, mode: 0o700 })
    mkdirSync('/run/lock/zfs', { recursive: true })
    mkdirSync('/var/lib/zfs', { recursive: true })
    startDaemon('zfs-fuse', ['-n'], LOG_FILE)
  }
  if (await waitFor(async () => (await zfsAnswers()) || undefined, { timeoutMs: 30_000 }))
    return true
  const answer = await run('zpool', ['list'])
  throw new Failure(
    `The ZFS daemon did not start (${reasonOf('zpool', answer)}).`,
    `Its log is ${LOG_FILE}; it needs /dev/fuse. Run this again when the cause is gone.`,
  )
}

/**
 * Take the pool's mounts out of the tree. After kill -9 of the daemon they answer "not connected" and would keep the pool
 * from being imported.
 */
async function detachMounts(): Promise<void> {
  // Without the lock: a daemon that is dead writes into no pipe, and whoever holds the lock may wait for that very daemon.
  const mounts = readMounts().filter(
    ({ point, type }) =>
      type.startsWith('fuse') && (point === POOL_MOUNT || point.startsWith(`${POOL_MOUNT}/`)),
  )
  for (const { point } of mounts.reverse()) await run('umount', ['-l', point])
}

/** The pool's health (`ONLINE`, `DEGRADED`, …), or undefined where no pool of that name is imported. */
export async function poolHealth(): Promise<string | undefined> {
  const list = await run('zpool', ['list', '-H', '-o', 'health', POOL])
  return list.ok ? list.stdout.trim() : undefined
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
  await mustOnPool(
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

export type Dataset = { name: string; owner?: number; mode: number; properties?: string[] }

/**
 * Make sure that a dataset exists, is mounted at its place and belongs to its user.
 *
 * @returns whether it was created or mounted by this call
 */
export async function ensureDataset(dataset: Dataset): Promise<boolean> {
  const failure = {
    message: `The dataset ${dataset.name} could not be made ready`,
    remedy: `Look at zpool status ${POOL} and zfs list, and run this again.`,
  }
  const place = `/${dataset.name}`
  const options = (dataset.properties ?? []).flatMap((property) => ['-o', property])
  let changed = false
  if (!(await run('zfs', ['list', '-H', '-o', 'name', dataset.name])).ok) {
    await mustOnPool('zfs', ['create', ...options, dataset.name], failure, { timeoutMs: 60_000 })
    changed = true
  }
  if (!readMounts().some(({ point }) => point === place)) {
    await mustOnPool('zfs', ['mount', dataset.name], failure, { timeoutMs: 60_000 })
    changed = true
  }
  const owner = `${dataset.owner ?? 0}:${dataset.owner ?? 0}`
  await must('chown', [owner, place], failure)
  await must('chmod', [dataset.mode.toString(8), place], failure)
  return changed
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
      await mustOnPool(
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
