import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../failure.ts'

export type DiskNeed = {
  path: string
  bytes: number
  what: string
  /** What helps besides making room, as "move X to a larger disk". */
  remedy: string
}
export type DiskRoom = { device: string; freeBytes: number }

export const GIB = 1024 ** 3

/**
 * Refuse before the work starts when a file system lacks the room for what will be written to it.
 * Needs that share a file system are added up.
 *
 * @throws Failure naming each place, what it needs and what it has
 */
export function checkDiskSpace(
  needs: DiskNeed[],
  measure: (path: string) => DiskRoom = measureRoom,
): void {
  const perDevice = new Map<string, { room: DiskRoom; needs: DiskNeed[] }>()
  for (const need of needs) {
    const room = measure(need.path)
    const entry = perDevice.get(room.device) ?? { room, needs: [] }
    entry.needs.push(need)
    perDevice.set(room.device, entry)
  }
  const short = [...perDevice.values()].filter(
    ({ room, needs: all }) => sumBytes(all) > room.freeBytes,
  )
  if (short.length === 0) return
  const shortages = short.map(({ room, needs: all }) => {
    const places = all.map((need) => `${need.path} (${gib(need.bytes)} GiB for ${need.what})`)
    return `${gib(sumBytes(all))} GiB are needed at ${places.join(' and ')}, and ${gib(room.freeBytes)} GiB are free`
  })
  const remedies = new Set(short.flatMap(({ needs: all }) => all.map(({ remedy }) => remedy)))
  throw new Failure(
    `There is too little disk space: ${shortages.join('; ')}.`,
    `Free that much, or ${[...remedies].join(', or ')}, and run this again.`,
  )
}

/** Room on the file system that will hold `path`, which need not exist yet. */
export function measureRoom(path: string): DiskRoom {
  let place = path
  while (!existsSync(place)) place = dirname(place)
  const stats = statfsSync(place)
  return {
    device: `${stats.type}:${stats.blocks}:${stats.files}`,
    freeBytes: stats.bavail * stats.bsize,
  }
}

function sumBytes(needs: DiskNeed[]): number {
  return needs.reduce((sum, need) => sum + need.bytes, 0)
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1)
}
