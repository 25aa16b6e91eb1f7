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
    writeFileSync(filler, Buffer.alloc(freeBytes(disk), 1))
    const free = freeBytes(disk)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await upload(visitor, titanicCsv())
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
})
