import { readFileSync } from 'node:fs'
import { runOrFail } from '../process.ts'

export type Mount = { point: string; type: string; source: string; isShared: boolean }

/** The mounts of this process, as `/proc/self/mountinfo` lists them. */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ')
    if (before === undefined || after === undefined) return []
    const fields = before.split(' ')
    const [type = '', source = ''] = after.split(' ')
    return [
      {
        point: unescapeOctal(fields[4] ?? ''),
        type,
        source: unescapeOctal(source),
        isShared: fields.slice(6).some((field) => field.startsWith('shared:')),
      },
    ]
  })
}

export function readMounts(): Mount[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
}

/** The last mount at exactly this place, which is the one that is seen. */
export function findMount(mounts: Mount[], point: string): Mount | undefined {
  return mounts.findLast((mount) => mount.point === point)
}

/**
 * Let mounts below `/` reach containers that ask for shared propagation. systemd does this at boot; other init
 * programs do not.
 *
 * @returns whether something was changed
 */
export async function ensureSharedMounts(poolMount: string): Promise<boolean> {
  const mounts = readMounts()
  const isShared = (point: string) => findMount(mounts, point)?.isShared ?? true
  if (isShared('/') && isShared(poolMount)) return false
  await runOrFail('mount', ['--make-rshared', '/'], {
    message:
      'The root mount could not be made shared, so the API container would not see new workspaces',
    remedy: 'Run mount --make-rshared / as root outside of any container, and run this again.',
  })
  return true
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  )
}
