import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasMountWithin } from '@medforge/core/mount-table'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { sweepFolder } from './sweep.ts'

const mountAt = (point: string) => `36 35 0:5 / ${point} rw,relatime shared:1 - proc proc rw\n`

describe(hasMountWithin, () => {
  test.each([
    { note: 'sees a mount far below', point: '/cache/tmp/x/proc', found: true },
    { note: 'sees the folder itself', point: '/cache/tmp', found: true },
    { note: 'is not misled by a name that begins alike', point: '/cache/tmp2/proc', found: false },
    { note: 'does not mind what is above', point: '/cache', found: false },
  ])('$note', ({ point, found }) => {
    expect(hasMountWithin(mountAt('/') + mountAt(point), '/cache/tmp')).toBe(found)
  })

  it('reads names that the kernel escapes', () => {
    expect(hasMountWithin(mountAt('/my\\040cache/tmp/proc'), '/my cache/tmp')).toBe(true)
  })
})

describe(sweepFolder, () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sweep-'))
    mkdirSync(join(folder, 'root/proc'), { recursive: true })
    writeFileSync(join(folder, 'root/proc/uptime'), '')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('removes leftovers', async () => {
    expect(await sweepFolder(folder, () => mountAt('/'))).toBe(true)
    expect(existsSync(folder)).toBe(false)
  })

  it('touches nothing while a killed build left a mount in it', async () => {
    expect(await sweepFolder(folder, () => mountAt(`${folder}/root/proc`))).toBe(false)
    expect(existsSync(join(folder, 'root/proc/uptime'))).toBe(true)
  })
})
