import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** The host's one lock for everything that mounts or unmounts a dataset. The same path on the host and in the API's container. */
export const POOL_LOCK_FILE = '/var/lib/medforge/lock/pool'

/** The exit code of a command that did not get the lock in time, and so was not run. */
export const POOL_LOCK_BUSY = 75

export type PoolLockOptions = {
  /** Seconds until a command that waits for the lock is given up. */
  waitSeconds: number
  file?: string
}

/** Make the lock's folder, which only root can open, so that no other user of the host can hold the lock. */
export function ensurePoolLockFolder(file = POOL_LOCK_FILE): void {
  mkdirSync(dirname(file), { recursive: true })
  chmodSync(dirname(file), 0o700)
}

// While a command runs its name stands in the file. One that was killed leaves it there, and the daemon may still be at what it was
// asked: so the next waits until the daemon answers (one that is stopped does not), and a second more.
const HOLD = `
if [ -s "$0" ]; then zpool list >/dev/null 2>&1; sleep 1; fi
echo "$*" 2>/dev/null >"$0"
"$@"; code=$?
: >"$0"
exit "$code"`

/**
 * Program and arguments that run `command` while they hold the pool's lock.
 *
 * ZFS in user space (0.7.0) stops for ever when two mounts write their names into its one pipe at the same moment. So whatever
 * mounts or unmounts (mount, unmount, clone, destroy, import, export, and a create that mounts) goes through here, whoever asks:
 * the reconciler, the command line, a test. Reading, snapshots and properties need no lock.
 *
 * The kernel releases the lock when the last process that holds it has ended. A caller that is killed, or gives up, leaves it with the
 * command that it started until that has ended too. Never start a daemon this way: it would hold the lock as long as it lives.
 */
export function underPoolLock(
  command: readonly [program: string, ...args: string[]],
  { waitSeconds, file = POOL_LOCK_FILE }: PoolLockOptions,
): [program: string, args: string[]] {
  const wait = ['--timeout', String(waitSeconds), '--conflict-exit-code', String(POOL_LOCK_BUSY)]
  return ['flock', [...wait, file, 'sh', '-c', HOLD, file, ...command]]
}
