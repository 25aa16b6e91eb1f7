import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createDatabase, type DB, migrateToLatest, pendingMigrations } from '@medforge/db'
import { eventually, type Mariadb, openMariadb } from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('migrate-killed.mjs', import.meta.url))

let server: Mariadb
let root: Kysely<DB>

beforeAll(async () => {
  server = await openMariadb()
  root = createDatabase(server.url, { poolSize: 2 })
})
afterAll(async () => {
  await root.destroy()
  await server[Symbol.asyncDispose]()
})

async function newSchema(name: string): Promise<string> {
  await sql`CREATE DATABASE ${sql.id(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(root)
  return Object.assign(new URL(server.url), { pathname: `/${name}` }).href
}

/** Everything that makes two schemas the same or not. */
async function shapeOf(schema: string): Promise<unknown> {
  const columns =
    await sql`SELECT table_name, column_name, column_type, is_nullable, column_default,
    extra, generation_expression FROM information_schema.columns
    WHERE table_schema = ${schema} ORDER BY table_name, ordinal_position`.execute(root)
  const keys = await sql`SELECT table_name, index_name, column_name, non_unique
    FROM information_schema.statistics WHERE table_schema = ${schema}
    ORDER BY table_name, index_name, seq_in_index`.execute(root)
  const checks = await sql`SELECT table_name, constraint_name, check_clause
    FROM information_schema.check_constraints WHERE constraint_schema = ${schema}
    ORDER BY table_name, constraint_name`.execute(root)
  return { columns: columns.rows, keys: keys.rows, checks: checks.rows }
}

function migrateElsewhere(url: string): { child: ChildProcess; gone: Promise<unknown[]> } {
  const child = fork(PROGRAM, [url], { env: { PATH: '/usr/bin' }, execArgv: [], silent: true })
  return { child, gone: once(child, 'exit') }
}

async function countSteps(schema: string): Promise<number> {
  const { rows } = await sql<{ steps: number }>`
    SELECT COUNT(*) AS steps FROM ${sql.id(schema, 'kysely_migration')}`.execute(root)
  return Number(rows[0]?.steps ?? 0)
}

describe('a migration', { timeout: 120_000 }, () => {
  test('that is killed half-way is finished by the next one, and the schema is the same', async () => {
    await migrateToLatest(await newSchema('whole'))
    const whole = await shapeOf('whole')
    for (const after of [1, 9]) {
      const schema = `killed_${after}`
      const url = await newSchema(schema)
      const { child, gone } = migrateElsewhere(url)
      await eventually(
        async () => child.exitCode !== null || (await countTables(schema)) >= after,
        { timeoutMs: 60_000 },
      )
      child.kill('SIGKILL')
      await gone
      await migrateToLatest(url)
      await using db = createDatabase(url, { poolSize: 1 })
      expect(await pendingMigrations(db)).toEqual([])
      expect(await shapeOf(schema)).toEqual(whole)
    }
  })

  test('that two processes begin at once is made once', async () => {
    const url = await newSchema('twice')
    const both = [migrateElsewhere(url), migrateElsewhere(url)]
    expect(await Promise.all(both.map(({ gone }) => gone))).toEqual([
      [0, null],
      [0, null],
    ])
    expect(await countSteps('twice')).toBe(await countSteps('whole'))
    expect(await shapeOf('twice')).toEqual(await shapeOf('whole'))
  })
})

describe('names of people from before they were unique', () => {
  test('stay the oldest account’s; the others get a visible number', async () => {
    const url = await newSchema('twins')
    await migrateToLatest(url)
    await using db = createDatabase(url, { poolSize: 1 })
    await sql`ALTER TABLE users MODIFY display_name_skeleton BINARY(32) NULL,
      MODIFY display_name_folded BINARY(32) NULL`.execute(db)
    const names = ['Ada', 'ADA', 'Аda', 'Bob', 'Ada (2)', 'x'.repeat(40), 'X'.repeat(40)]
    for (const [index, name] of names.entries()) {
      await sql`INSERT INTO users (id, email, password_hash, display_name, created_at)
        VALUES (${String(index)}, ${String(index)}, 'x', ${name}, ${`2026-01-0${index + 1}`})`.execute(
        db,
      )
    }
    const steps = [
      '20261201-21-users-display-name-filled',
      '20261201-40-users-display-name-defaults',
    ]
    await sql`DELETE FROM kysely_migration WHERE name IN (${sql.join(steps)})`.execute(db)
    expect(await migrateToLatest(url)).toEqual(steps)
    const people = await db.selectFrom('users').select('display_name').orderBy('id').execute()
    expect(people.map(({ display_name }) => display_name)).toEqual([
      'Ada',
      'ADA (2)',
      'Аda (3)',
      'Bob',
      'Ada (2) (2)',
      'x'.repeat(40),
      `${'X'.repeat(36)} (2)`,
    ])
    const audit = await db.selectFrom('audit_events').select(['action', 'subject']).execute()
    expect(audit).toEqual(
      ['1', '2', '4', '6'].map((subject) => ({ action: 'user.rename', subject })),
    )
    expect(await shapeOf('twins')).toEqual(await shapeOf('whole'))
  })
})

async function countTables(schema: string): Promise<number> {
  const { rows } = await sql<{ tables: number }>`SELECT COUNT(*) AS tables
    FROM information_schema.tables WHERE table_schema = ${schema}`.execute(root)
  return Number(rows[0]?.tables ?? 0)
}
