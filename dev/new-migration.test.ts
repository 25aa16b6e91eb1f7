import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newMigration } from './new-migration.ts'

const TODAY = new Date('2026-12-01T10:00:00Z')
const INDEX = `import * as users from './20261123-01-users.ts'

/** Every step. */
export const MIGRATIONS = {
  '20261123-01-users': users,
}
`
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'medforge-migrations-'))
  writeFileSync(join(folder, 'index.ts'), INDEX)
})
afterEach(() => rmSync(folder, { recursive: true }))

describe(newMigration, () => {
  test('numbers the steps of a day and lists them in order', () => {
    expect(newMigration('submissions-note', TODAY, folder)).toBe('20261201-01-submissions-note')
    expect(newMigration('users-locale', TODAY, folder)).toBe('20261201-02-users-locale')
    expect(
      readFileSync(join(folder, 'index.ts'), 'utf8'),
    ).toBe(`import * as users from './20261123-01-users.ts'
import * as submissionsNote from './20261201-01-submissions-note.ts'
import * as usersLocale from './20261201-02-users-locale.ts'

/** Every step. */
export const MIGRATIONS = {
  '20261123-01-users': users,
  '20261201-01-submissions-note': submissionsNote,
  '20261201-02-users-locale': usersLocale,
}
`)
  })

  test.each(['', 'Users', 'a_b', '../x'])('refuses the name %j', (slug) => {
    expect(() => newMigration(slug, TODAY, folder)).toThrow('Name the step in lower case')
  })
})
