import { describe, expect, test } from 'vitest'
import { findMountInText, hasMountWithin, listSources, parseMounts } from './mount-table.ts'

const MOUNTINFO = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
44 22 0:40 / /tank rw,relatime shared:1 - zfs tank rw,xattr
45 44 0:41 / /tank/w rw,relatime shared:2 master:3 - zfs tank/w rw
46 45 0:42 / /tank/w/a\\040b rw - fuse.zfs tank/w/a\\040b rw
47 45 0:43 / /tank/w/x rw - zfs tank/w/x rw
48 47 0:44 / /tank/w/x rw - tmpfs tmpfs rw
`

describe(findMountInText, () => {
  test('finds the mount at exactly this path', () => {
    expect(findMountInText(MOUNTINFO, '/tank/w')).toEqual({
      path: '/tank/w',
      source: 'tank/w',
      type: 'zfs',
      isShared: true,
    })
    expect(findMountInText(MOUNTINFO, '/tank/w/none')).toBeUndefined()
    expect(findMountInText(MOUNTINFO, '/tank/')).toBeUndefined()
  })

  test('reads escaped names', () => {
    expect(findMountInText(MOUNTINFO, '/tank/w/a b')?.source).toBe('tank/w/a b')
  })

  test('sees what was mounted over it', () => {
    expect(findMountInText(MOUNTINFO, '/tank/w/x')?.source).toBe('tmpfs')
  })
})

describe(listSources, () => {
  test('names every dataset below a root that is mounted, wherever it is, once', () => {
    const twice = `${MOUNTINFO}49 45 0:43 / /mnt/x rw - zfs tank/w/x rw\n`
    expect(listSources(twice, 'tank/w')).toEqual(['tank/w/a b', 'tank/w/x'])
    expect(listSources(MOUNTINFO, 'tank/none')).toEqual([])
  })
})

describe(parseMounts, () => {
  test('knows which mounts are shared with other namespaces', () => {
    const shared = parseMounts(MOUNTINFO).filter(({ isShared }) => isShared)
    expect(shared.map(({ path }) => path)).toEqual(['/tank', '/tank/w'])
  })
})

describe(hasMountWithin, () => {
  test.each([
    ['/tank/w/a b', true],
    ['/tank', true],
    ['/tank/w/none', false],
    ['/tan', false],
  ])('of %s is %s', (folder, has) => {
    expect(hasMountWithin(MOUNTINFO, folder)).toBe(has)
  })
})
