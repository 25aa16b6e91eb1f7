import { mkdirSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { acquireLock } from './lock.ts'

describe(acquireLock, () => {
  test('is held by one at a time, and free again afterwards', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'medforge-lock-')), 'lock')
    {
      await using _held = await acquireLock(file)
      await expect(acquireLock(file)).rejects.toThrow('Another medforge command')
    }
    await using _again = await acquireLock(file)
  })

  test('lies in a folder that nobody else can open, whoever made it', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'medforge-lock-')), 'locks')
    mkdirSync(folder, { mode: 0o777 })
    await using _held = await acquireLock(join(folder, 'lock'))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })
})
