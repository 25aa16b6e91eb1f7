import { createDatabase, DATABASE_USERS, type DB, grantTableRights } from '@medforge/db'
import { asProcess } from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const DENIED = { errno: 1142 }
const ENTRY = { action: 'test.entry', subject: 's', at: '2026-03-01 12:00:00' } as const

const account = { name: 'upgraded', host: '127.0.0.1' }

async function grantsOf(db: Kysely<DB>, schema: string): Promise<string[]> {
  const { rows } = await sql<Record<string, string>>`
    SHOW GRANTS FOR ${sql.lit(account.name)}@${sql.lit(account.host)}`.execute(db)
  return rows
    .flatMap((row) => Object.values(row))
    .filter((grant) => grant.includes(`\`${schema}\``))
    .map((grant) => grant.replace(/ TO .*/, ''))
    .toSorted()
}

describe('the rights of the processes', () => {
  test('let the server add and read audit rows, and nobody change one', async ({ db }) => {
    const server = asProcess(db, 'server')
    await server.insertInto('audit_events').values(ENTRY).execute()
    expect(await server.selectFrom('audit_events').select('action').execute()).toEqual([
      { action: ENTRY.action },
    ])
    for (const user of DATABASE_USERS) {
      const own = asProcess(db, user)
      const change = own.updateTable('audit_events').set({ subject: 'another' }).execute()
      await expect(change, user).rejects.toMatchObject(DENIED)
      await expect(own.deleteFrom('audit_events').execute(), user).rejects.toMatchObject(DENIED)
      await expect(sql`TRUNCATE audit_events`.execute(own), user).rejects.toMatchObject(DENIED)
    }
    expect(await db.selectFrom('audit_events').select('subject').execute()).toEqual([
      { subject: ENTRY.subject },
    ])
  })

  test('keep each process from what is another’s', async ({ db }) => {
    for (const [user, table] of [
      ['worker', 'auth_sessions'],
      ['reconciler', 'submissions'],
      ['server', 'submission_fingerprints'],
    ] as const) {
      const read = asProcess(db, user).selectFrom(table).selectAll().execute()
      await expect(read, user).rejects.toMatchObject(DENIED)
    }
  })

  test('let the reconciler and the worker read no password and no address of a person', async ({
    db,
  }) => {
    for (const user of ['reconciler', 'worker'] as const) {
      const own = asProcess(db, user)
      await own.selectFrom('users').select('id').execute()
      for (const column of ['password_hash', 'email'] as const) {
        const read = own.selectFrom('users').select(column).execute()
        await expect(read, `${user} ${column}`).rejects.toMatchObject({ errno: 1143 })
      }
    }
  })

  test('take the place of those on the whole schema that an earlier version gave', async ({
    database,
    db,
  }) => {
    const schema = new URL(database.url).pathname.slice(1)
    const user = sql`${sql.lit(account.name)}@${sql.lit(account.host)}`
    await sql`CREATE OR REPLACE USER ${user} IDENTIFIED BY 'test'`.execute(db)
    await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON * TO ${user}`.execute(db)
    const url = Object.assign(new URL(database.url), { username: account.name }).href
    await using running = createDatabase(url, { poolSize: 1 })
    await running.selectFrom('users').selectAll().execute()

    await grantTableRights(db, () => account)
    const grants = await grantsOf(db, schema)
    expect(grants.filter((grant) => grant.includes('.*'))).toEqual([])
    expect(grants.length).toBeGreaterThan(5)
    await running.selectFrom('users').selectAll().execute()
    await grantTableRights(db, () => account)
    expect(await grantsOf(db, schema)).toEqual(grants)
  })
})
