import { describe, expect, test } from 'vitest'
import { findTopMount } from './zfs-daemon.ts'

const mount = (path: string, type = 'fuse.zfs') => ({ path, type, source: 'x', isShared: true })

describe(findTopMount, () => {
  test('names the uppermost mount of the pool, which takes all below it along', () => {
    expect(findTopMount([mount('/'), mount('/tank'), mount('/tank/medforge')])).toBe('/tank')
    expect(findTopMount([mount('/'), mount('/tank/medforge')])).toBe('/tank/medforge')
  })

  test('leaves mounts of others alone, and those of a ZFS without a daemon', () => {
    expect(findTopMount([mount('/tanker'), mount('/tank', 'zfs')])).toBeUndefined()
  })
})
