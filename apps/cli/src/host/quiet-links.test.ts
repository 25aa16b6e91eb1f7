import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepNewLinksQuiet } from './quiet-links.ts'

test('new links get no address by themselves, and a host without IPv6 is left alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'medforge-links-'))
  const file = join(folder, 'addr_gen_mode')
  expect(keepNewLinksQuiet(file)).toBe(false)
  writeFileSync(file, '0\n')
  expect(keepNewLinksQuiet(file)).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe('1')
  expect(keepNewLinksQuiet(file)).toBe(false)
})
