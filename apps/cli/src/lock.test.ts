import { mkdtempSync } from 'node:fs'
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
})
