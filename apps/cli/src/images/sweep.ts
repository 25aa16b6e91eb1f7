import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { hasMountWithin } from '@medforge/core/mount-table'

/**
 * Remove a folder of leftovers, unless something is mounted in it: then it stays as it is, because removing what is below a
 * mount point removes it from where it belongs.
 *
 * @returns whether it was removed
 */
export async function sweepFolder(
  folder: string,
  readMounts: () => string = () => readFileSync('/proc/self/mountinfo', 'utf8'),
): Promise<boolean> {
  if (hasMountWithin(readMounts(), folder)) return false
  await rm(folder, { recursive: true, force: true })
  return true
}
