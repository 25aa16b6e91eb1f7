import { describe, expect, test } from 'vitest'
import { GIB } from './disk.ts'
import {
  countFitting,
  decideShare,
  describeShare,
  type HostSize,
  shareAsSettings,
  sumMemoryLimits,
} from './session-share.ts'
import { zfsCacheBytes } from './zfs-cache.ts'

const PLATFORM_BYTES = 5.25 * GIB

/** A host as its seller describes it. */
function host(memoryGib: number, cpus: number, gpus: number, zfs: 'kernel' | 'fuse' = 'kernel') {
  const memoryBytes = memoryGib * GIB
  const zfsBytes = zfsCacheBytes(zfs, memoryBytes, 0)
  return { memoryBytes, cpus, gpus, platformBytes: PLATFORM_BYTES, zfsCacheBytes: zfsBytes }
}

const takenBy = (each: HostSize, sessions: number) =>
  sessions * decideShare(each).memoryBytes + each.platformBytes + each.zfsCacheBytes

describe(decideShare, () => {
  test('gives each of 7 GPUs of a host with 96 cores and 512 GiB at least 12 processors and about 60 GiB', () => {
    const { cpus, memoryBytes } = decideShare(host(512, 96, 7))
    expect(cpus).toBeGreaterThanOrEqual(12)
    expect(memoryBytes / GIB).toBeGreaterThan(58)
    expect(memoryBytes / GIB).toBeLessThan(64)
  })

  test.each([
    { name: 'a trial host', each: host(24, 2, 7, 'fuse') },
    { name: 'a workstation', each: host(64, 16, 2) },
    { name: 'a server', each: host(512, 96, 7) },
    { name: 'a large server', each: host(2048, 256, 7) },
  ])('sells no memory of $name twice', ({ each }) => {
    expect(takenBy(each, each.gpus)).toBeLessThan(each.memoryBytes)
    expect(decideShare(each).memoryBytes).toBeGreaterThanOrEqual(2 * GIB)
    expect(countFitting(each, decideShare(each).memoryBytes)).toBeGreaterThanOrEqual(each.gpus)
  })

  test('gives 2 GiB where the share is less, and says how many of them fit', () => {
    const small = host(16, 8, 7)
    expect(decideShare(small).memoryBytes).toBe(2 * GIB)
    expect(takenBy(small, countFitting(small, 2 * GIB))).toBeLessThan(small.memoryBytes)
    expect(describeShare(small, {})).toBe(
      '2 CPUs and 2048 MiB a session: this host has memory for 3 at once, and 7 GPUs',
    )
  })

  test('gives two processors where the share is less, and never more than there are', () => {
    expect(decideShare(host(64, 8, 7)).cpus).toBe(2)
    expect(decideShare(host(64, 1, 7)).cpus).toBe(1)
  })

  test('is the same for some MiB of memory more or less', () => {
    const before = decideShare(host(24, 2, 7, 'fuse'))
    expect(decideShare(host(24 + 5 / 1024, 2, 7, 'fuse'))).toEqual(before)
  })
})

test('a limit that somebody set is what counts, and it is said when it does not fit', () => {
  const server = host(512, 96, 7)
  const settings = { SESSION_MEM_LIMIT: '128g', SESSION_CPU_LIMIT: '24' }
  expect(describeShare(server, settings)).toBe(
    '24 CPUs and 131072 MiB a session: this host has memory for 3 at once, and 7 GPUs',
  )
  expect(describeShare(server, {})).toMatch(/^13\.7 CPUs and \d+ MiB for each of 7 sessions$/)
})

test('a share is recorded in the form of the settings', () => {
  const share = { cpus: 13.7, memoryBytes: 60 * GIB }
  expect(shareAsSettings(share)).toEqual({
    SESSION_CPU_SHARE: '13.7',
    SESSION_MEM_SHARE: '61440m',
  })
})

test('the platform’s memory is what its services may take together', () => {
  const compose = 'services:\n  db:\n    mem_limit: 1g\n  web:\n    mem_limit: 768m\n'
  expect(sumMemoryLimits(compose)).toBe(1.75 * GIB)
})
