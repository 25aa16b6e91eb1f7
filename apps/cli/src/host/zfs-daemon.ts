import { existsSync, mkdirSync } from 'node:fs'
import type { Mount } from '@medforge/core/mount-table'
import { Failure } from '../failure.ts'
import { LOGS, POOL_MOUNT } from '../names.ts'
import { findProcesses, run, startDaemon, waitFor } from '../process.ts'
import { isSystemdHost } from './docker.ts'
import { readMounts } from './mounts.ts'
import { zfsAnswers } from './pool-health.ts'
import { runOnPool } from './pool-lock.ts'

/* The daemon of ZFS in user space. */

const PROGRAM = 'zfs-fuse'
export const ZFS_DAEMON_LOG = `${LOGS}/zfs-fuse.log`

/** Start it; whether it answers is seen afterwards. */
export async function startZfsDaemon(): Promise<void> {
  if (!existsSync('/dev/fuse')) await run('modprobe', ['fuse'])
  if (isSystemdHost()) {
    // Its script runs `zfs mount -a`, and the reconciler may mount as soon as the daemon answers.
    await runOnPool('systemctl', ['enable', '--now', PROGRAM], { timeoutMs: 120_000 })
  }
  if (await zfsAnswers()) return
  mkdirSync('/run/zfs', { recursive: true, mode: 0o700 })
  mkdirSync('/run/lock/zfs', { recursive: true })
  mkdirSync('/var/lib/zfs', { recursive: true })
  startDaemon(PROGRAM, ['-n'], ZFS_DAEMON_LOG)
}

/**
 * End a daemon that hangs. With it every file system that it served is dead, and who waited for one gets an error.
 *
 * @throws Failure when it does not end
 */
export async function endZfsDaemon(): Promise<void> {
  for (const pid of findZfsDaemons()) process.kill(pid, 'SIGKILL')
  const isGone = async () => findZfsDaemons().length === 0 || undefined
  if (await waitFor(isGone, { timeoutMs: 30_000 })) return
  throw new Failure(
    `The ZFS daemon (process ${findZfsDaemons().join(', ')}) hangs and cannot be ended.`,
    'Restart this host, and run this again.',
  )
}

export const findZfsDaemons = () => findProcesses(PROGRAM)

/**
 * Take the pool's mounts out of the tree. After kill -9 of the daemon they answer "not connected" and would keep the pool
 * from being imported.
 *
 * Without the pool's lock: a daemon that is dead writes into no pipe, and whoever holds the lock may have waited for it.
 */
export async function detachMounts(): Promise<void> {
  let before: string | undefined
  for (let top = findTopMount(readMounts()); top !== undefined; top = findTopMount(readMounts())) {
    // One that stays would be tried for ever.
    if (top === before) return
    before = top
    await run('umount', ['-l', top])
  }
}

/** The uppermost mount of the pool. It is detached with all below it, where no path leads any more once it is dead. */
export function findTopMount(mounts: readonly Mount[]): string | undefined {
  return mounts.find(
    ({ path, type }) =>
      type.startsWith('fuse') && (path === POOL_MOUNT || path.startsWith(`${POOL_MOUNT}/`)),
  )?.path
}
