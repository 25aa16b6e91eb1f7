import { type DB, displayNameKeys } from '@medforge/db'
import { newUser } from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { describe, expect } from 'vitest'
import { type TestApp, test } from '../app.ts'

/** A server of a version that knew no keys. */
async function signUpEarlier(db: Kysely<DB>, id: string, name: string): Promise<void> {
  await sql`INSERT INTO users (id, email, password_hash, display_name, created_at)
    VALUES (${id}, ${id}, 'x', ${name}, '2026-01-01')`.execute(db)
}

async function renameEarlier(db: Kysely<DB>, id: string, name: string): Promise<void> {
  await db.updateTable('users').set({ display_name: name }).where('id', '=', id).execute()
}

async function startAndStop({ app }: TestApp): Promise<void> {
  await app.listen({ port: 0 })
  await app.close()
}

async function people(db: Kysely<DB>) {
  const rows = await db
    .selectFrom('users')
    .select(['id', 'display_name', 'display_name_skeleton', 'display_name_folded'])
    .execute()
  for (const { id: _id, display_name, ...keys } of rows) {
    expect(keys).toEqual(displayNameKeys(display_name))
  }
  return Object.fromEntries(rows.map(({ id, display_name }) => [id, display_name]))
}

describe('a server that starts after an earlier version', () => {
  test('gives a name to whoever signed up there, with a number where it looks like another’s', async ({
    api,
    db,
  }) => {
    const ada = await newUser(db, { display_name: 'Ada' })
    for (const [id, name] of [
      ['1', 'Bob'],
      ['2', 'ADA'],
    ] as const) {
      await signUpEarlier(db, id, name)
    }
    await startAndStop(api)
    expect(await people(db)).toEqual({ [ada.id]: 'Ada', 1: 'Bob', 2: 'ADA (2)' })
    const audit = await db
      .selectFrom('audit_events')
      .select(['action', 'subject', 'detail'])
      .execute()
    expect(audit).toEqual([
      {
        action: 'user.rename',
        subject: '2',
        detail: JSON.stringify({ by: 'platform', from: 'ADA', to: 'ADA (2)' }),
      },
    ])
  })

  test('lets people keep the names that they chose there, and others have those they gave up', async ({
    api,
    db,
  }) => {
    const [first, second] = [
      await newUser(db, { display_name: 'Ada' }),
      await newUser(db, { display_name: 'Bob' }),
    ]
    await renameEarlier(db, first.id, 'Eve')
    await renameEarlier(db, second.id, 'Ada')
    await startAndStop(api)
    expect(await people(db)).toEqual({ [first.id]: 'Eve', [second.id]: 'Ada' })
  })
})
