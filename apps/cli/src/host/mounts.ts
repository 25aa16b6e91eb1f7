import { readFileSync } from 'node:fs'
import { findMount, type Mount, parseMounts } from '@medforge/core/mount-table'
import { runOrFail } from '../process.ts'

/** The mounts of this process. */
export function readMounts(): Mount[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
}

/**
 * Let mounts below `/` reach containers that ask for shared propagation. systemd does this at boot; other init
 * programs do not.
 *
 * @returns whether something was changed
 */
export async function ensureSharedMounts(poolMount: string): Promise<boolean> {
  const mounts = readMounts()
  const isShared = (path: string) => findMount(mounts, path)?.isShared ?? true
  if (isShared('/') && isShared(poolMount)) return false
  await runOrFail('mount', ['--make-rshared', '/'], {
    message:
      'The root mount could not be made shared, so the API container would not see new workspaces',
    remedy: 'Run mount --make-rshared / as root outside of any container, and run this again.',
  })
  return true
}
