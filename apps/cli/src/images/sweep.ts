import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'

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

/** Whether `/proc/self/mountinfo` has the folder itself, or anything below it, as a mount point. */
export function hasMountWithin(mountInfo: string, folder: string): boolean {
  return mountInfo.split('\n').some((line) => {
    // The kernel writes space, tab, newline and backslash as three octal digits.
    const point = line
      .split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      )
    return point === folder || point?.startsWith(`${folder}/`) === true
  })
}
