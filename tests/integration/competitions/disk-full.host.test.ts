import { execFileSync } from 'node:child_process'
import { statfsSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test as base, signIn, submit, titanicCsv, upload } from './site.ts'

/** A site whose uploads lie on a disk of 2 MiB. */
const test = base.extend('disk', async ({ site }, { onCleanup }) => {
  const size = ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs']
  execFileSync('mount', [...size, site.submissionsDir])
  onCleanup(() => void execFileSync('umount', [site.submissionsDir]))
  return site.submissionsDir
})

const freeBytes = (folder: string) => {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

describe('an upload to a full disk', () => {
  test('is refused as our fault, leaves no file and no row, and costs no slot', async ({
    disk,
    site,
    site_api,
    db,
    expectedErrors,
  }) => {
    expectedErrors.add('request failed')
    const { visitor } = await signIn(site_api, db)
    const filler = join(disk, 'filler')
    // Enough to begin, too little to end.
    writeFileSync(filler, Buffer.alloc(freeBytes(disk) * 0.4, 1))
    const wide = titanicCsv().replaceAll('\n', `,${'x'.repeat(5_000)}\n`)
    const free = freeBytes(disk)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await upload(visitor, wide)
      expect(answer.status).toBe(500)
      expect(answer.problem().code).toBe('submission_processing_failed')
      expect(answer.text).not.toMatch(/ENOSPC|\/tmp/)
    }
    expect(await site.files()).toEqual(['filler'])
    expect(freeBytes(disk)).toBe(free)
    expect(await db.selectFrom('submissions').select('id').execute()).toEqual([])
    await rm(filler)
    const { remaining_today: remaining } = await submit(visitor, titanicCsv())
    expect(remaining).toBe(19)
  })

  test('is refused before it fills what the rest of the installation needs', async ({
    disk,
    site,
    site_api,
    db,
  }) => {
    const { visitor } = await signIn(site_api, db)
    const filler = join(disk, 'filler')
    writeFileSync(filler, Buffer.alloc(freeBytes(disk) * 0.6, 1))
    const answer = await upload(visitor, titanicCsv())
    expect(answer.status).toBe(503)
    expect(answer.problem()).toMatchObject({
      code: 'service_unavailable',
      detail: expect.stringContaining('no room left to spare'),
    })
    expect(await site.files()).toEqual(['filler'])
    await rm(filler)
    expect((await submit(visitor, titanicCsv())).remaining_today).toBe(19)
  })
})
