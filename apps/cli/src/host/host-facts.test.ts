import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMount, parseMounts } from '@medforge/core/mount-table'
import { describe, expect, test } from 'vitest'
import type { Failure } from '../failure.ts'
import { checkDiskSpace, GIB } from './disk.ts'
import { chooseGpuMode } from './gpus.ts'
import { ensureHostNames, withNames } from './hosts-file.ts'

describe(checkDiskSpace, () => {
  const room = (free: number) => () => ({ device: 'one', freeBytes: free * GIB })
  const needs = [
    { path: '/var/lib/docker', bytes: 6 * GIB, what: 'images', remedy: 'move them' },
    { path: '/var/cache', bytes: 3 * GIB, what: 'downloads', remedy: 'keep them elsewhere' },
  ]

  test('adds up what goes to the same disk', () => {
    expect(() => checkDiskSpace(needs, room(10))).not.toThrow()
    expect(() => checkDiskSpace(needs, room(8))).toThrow(
      /9\.0 GiB are needed at \/var\/lib\/docker .* and \/var\/cache .*, and 8\.0 GiB are free/,
    )
  })

  test('names what helps at the places that are short, each once, and at no other', () => {
    const remedyOf = (freeBytes: (path: string) => number) => {
      try {
        checkDiskSpace([...needs, ...needs], (path) => ({
          device: path,
          freeBytes: freeBytes(path),
        }))
      } catch (error) {
        return (error as Failure).remedy
      }
      return null
    }
    expect(remedyOf((path) => (path === '/var/cache' ? 0 : 20 * GIB))).toBe(
      'Free that much, or keep them elsewhere, and run this again.',
    )
    expect(remedyOf(() => 0)).toBe(
      'Free that much, or move them, or keep them elsewhere, and run this again.',
    )
  })
})

describe(chooseGpuMode, () => {
  test.each([
    { recorded: '', domain: 'localhost', gpuCount: 0, mode: 'simulated' },
    { recorded: '', domain: 'localhost', gpuCount: 2, mode: 'nvidia' },
    { recorded: '', domain: 'example.org', gpuCount: 0, mode: 'nvidia' },
    { recorded: 'nvidia', domain: 'localhost', gpuCount: 0, mode: 'nvidia' },
    { recorded: 'simulated', domain: 'example.org', gpuCount: 4, mode: 'simulated' },
  ])('$gpuCount GPUs at $domain with "$recorded" recorded gives $mode', ({ mode, ...facts }) => {
    expect(chooseGpuMode(facts)).toBe(mode)
  })
})

describe(withNames, () => {
  const HOSTS = '127.0.0.1 localhost\n'

  test('adds its block once and takes it out again without a trace', () => {
    const once = withNames(HOSTS, ['medforge.localhost', 'api.medforge.localhost'])
    expect(once).toContain('127.0.0.1 medforge.localhost api.medforge.localhost\n')
    expect(withNames(once, ['medforge.localhost', 'api.medforge.localhost'])).toBe(once)
    expect(withNames(once, [])).toBe(HOSTS)
  })

  test('keeps what others wrote around it', () => {
    const later = `${withNames(HOSTS, ['a.test'])}10.0.0.1 other\n`
    expect(withNames(later, [])).toBe(`${HOSTS}10.0.0.1 other\n`)
  })

  test('leaves the file alone when it is right', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'medforge-hosts-')), 'hosts')
    writeFileSync(file, HOSTS)
    expect(ensureHostNames(['a.test'], file)).toBe(true)
    expect(ensureHostNames(['a.test'], file)).toBe(false)
    expect(readFileSync(file, 'utf8')).toContain('127.0.0.1 a.test')
  })
})

describe(parseMounts, () => {
  const INFO = [
    '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
    '54 22 0:40 / /tank rw - fuse.zfs tank rw,user_id=0',
    '55 22 0:41 / /mnt/a\\040b rw master:3 - tmpfs tmpfs rw',
  ].join('\n')

  test('knows what is shared, and spaces in names', () => {
    expect(parseMounts(INFO)).toEqual([
      { path: '/', type: 'ext4', source: '/dev/vda', isShared: true },
      { path: '/tank', type: 'fuse.zfs', source: 'tank', isShared: false },
      { path: '/mnt/a b', type: 'tmpfs', source: 'tmpfs', isShared: false },
    ])
  })

  test('takes the mount on top where several share a place', () => {
    const twice = `${INFO}\n60 22 0:44 / /tank rw shared:9 - fuse.zfs tank rw`
    expect(findMount(parseMounts(twice), '/tank')?.isShared).toBe(true)
  })
})
