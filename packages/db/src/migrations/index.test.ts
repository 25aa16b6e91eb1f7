import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MIGRATIONS } from './index.ts'

test('lists every step of the folder, in order', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^\d{8}-\d{2}-/.test(name))
  expect(Object.keys(MIGRATIONS)).toEqual(files.map((name) => name.replace(/\.ts$/, '')).toSorted())
})
