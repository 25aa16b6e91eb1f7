import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GIB } from './disk.ts'
import { capZfsCache, decideZfsCache, zfsCacheBytes } from './zfs-cache.ts'

test.each([
  { memory: 64, current: 0, cap: 8 },
  { memory: 512, current: 0, cap: 16 },
  { memory: 512, current: 256, cap: 16 },
  { memory: 512, current: 4, cap: 4 },
])(
  'the cache of ZFS on a host of $memory GiB that has a cap of $current gets one of $cap',
  ({ memory, current, cap }) => {
    expect(decideZfsCache(memory * GIB, current * GIB)).toBe(cap * GIB)
    expect(zfsCacheBytes('kernel', memory * GIB, current * GIB)).toBe(cap * GIB)
  },
)

test('a cap of ours grows with the memory of the host, and one of the operator stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-zfs-'))
  const places = { parameter: join(folder, 'zfs_arc_max'), file: join(folder, 'modprobe/zfs.conf') }
  writeFileSync(places.parameter, '0\n')
  capZfsCache(32 * GIB, places)
  expect(capZfsCache(64 * GIB, places)).toBe(true)
  expect(readFileSync(places.parameter, 'utf8')).toBe(String(8 * GIB))
  writeFileSync(places.parameter, `${2 * GIB}\n`)
  expect(capZfsCache(64 * GIB, places)).toBe(false)
})

test('ZFS in user space counts with its own small cache', () => {
  expect(zfsCacheBytes('fuse', 512 * GIB)).toBeLessThan(GIB)
})

test('the cap holds now and after a boot, and a host without ZFS in the kernel is left alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-zfs-'))
  const places = { parameter: join(folder, 'zfs_arc_max'), file: join(folder, 'modprobe/zfs.conf') }
  expect(capZfsCache(64 * GIB, places)).toBe(false)
  writeFileSync(places.parameter, '0\n')
  expect(capZfsCache(64 * GIB, places)).toBe(true)
  expect(readFileSync(places.parameter, 'utf8')).toBe(String(8 * GIB))
  expect(readFileSync(places.file, 'utf8')).toBe(`options zfs zfs_arc_max=${8 * GIB}\n`)
  expect(capZfsCache(64 * GIB, places)).toBe(false)
})
