import { describe, expect, test } from 'vitest'
import { findMount, listSources } from './mounts.ts'

const MOUNTINFO = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
44 22 0:40 / /tank rw,relatime shared:1 - zfs tank rw,xattr
45 44 0:41 / /tank/w rw,relatime shared:2 master:3 - zfs tank/w rw
46 45 0:42 / /tank/w/a\\040b rw - fuse.zfs tank/w/a\\040b rw
47 45 0:43 / /tank/w/x rw - zfs tank/w/x rw
48 47 0:44 / /tank/w/x rw - tmpfs tmpfs rw
`

describe(findMount, () => {
  test('finds the mount at exactly this path', () => {
    expect(findMount(MOUNTINFO, '/tank/w')).toEqual({
      path: '/tank/w',
      source: 'tank/w',
      type: 'zfs',
    })
    expect(findMount(MOUNTINFO, '/tank/w/none')).toBeUndefined()
    expect(findMount(MOUNTINFO, '/tank/')).toBeUndefined()
  })

  test('reads escaped names', () => {
    expect(findMount(MOUNTINFO, '/tank/w/a b')?.source).toBe('tank/w/a b')
  })

  test('sees what was mounted over it', () => {
    expect(findMount(MOUNTINFO, '/tank/w/x')?.source).toBe('tmpfs')
  })
})

describe(listSources, () => {
  test('names every dataset below a root that is mounted, wherever it is, once', () => {
    const twice = `${MOUNTINFO}49 45 0:43 / /mnt/x rw - zfs tank/w/x rw\n`
    expect(listSources(twice, 'tank/w')).toEqual(['tank/w/a b', 'tank/w/x'])
    expect(listSources(MOUNTINFO, 'tank/none')).toEqual([])
  })
})
