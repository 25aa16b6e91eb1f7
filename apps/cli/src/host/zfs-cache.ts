import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { GIB } from './disk.ts'
import type { ZfsKind } from './zfs.ts'

const PARAMETER = '/sys/module/zfs/parameters/zfs_arc_max'
/** For the next time that the module is loaded. */
export const ZFS_CACHE_FILE = '/etc/modprobe.d/medforge-zfs.conf'

/** The daemon in user space with its cache, which Debian's /etc/zfs/zfsrc holds at 100 MiB. */
const USER_SPACE_BYTES = 0.5 * GIB

/** At most this much of a host's memory may be the cache of ZFS in the kernel, which takes half unless it is told. */
export function zfsCacheCap(memoryBytes: number): number {
  return Math.min(16 * GIB, Math.floor(memoryBytes / 8))
}

/**
 * The cap that the cache gets: ours, unless somebody else set a smaller one. 0 is no cap.
 *
 * @param ownBytes  the cap that `up` set last, perhaps when the host had less memory
 */
export function decideZfsCache(
  memoryBytes: number,
  currentBytes: number,
  ownBytes?: number,
): number {
  const cap = zfsCacheCap(memoryBytes)
  const isChosen = currentBytes > 0 && currentBytes !== ownBytes
  return isChosen && currentBytes < cap ? currentBytes : cap
}

function readOwnCap(file = ZFS_CACHE_FILE): number | undefined {
  if (!existsSync(file)) return undefined
  const [, bytes] = /^options zfs zfs_arc_max=(\d+)$/m.exec(readFileSync(file, 'utf8')) ?? []
  return bytes === undefined ? undefined : Number(bytes)
}

/** The cap of the cache in bytes as it is, 0 where there is none; undefined without ZFS in the kernel. */
export function readZfsCacheCap(parameter = PARAMETER): number | undefined {
  return existsSync(parameter) ? Number(readFileSync(parameter, 'utf8').trim()) : undefined
}

/** What ZFS may keep in memory, in bytes. */
export function zfsCacheBytes(kind: ZfsKind, memoryBytes: number, capBytes = readZfsCacheCap()) {
  return kind === 'fuse'
    ? USER_SPACE_BYTES
    : decideZfsCache(memoryBytes, capBytes ?? 0, readOwnCap())
}

/** Hold the cache of ZFS in the kernel to its cap, now and after a boot. @returns whether something was changed */
export function capZfsCache(
  memoryBytes: number,
  { parameter = PARAMETER, file = ZFS_CACHE_FILE } = {},
): boolean {
  const currentBytes = readZfsCacheCap(parameter)
  if (currentBytes === undefined) return false
  const bytes = decideZfsCache(memoryBytes, currentBytes, readOwnCap(file))
  if (bytes === currentBytes) return false
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `options zfs zfs_arc_max=${bytes}\n`)
  writeFileSync(parameter, String(bytes))
  return true
}
