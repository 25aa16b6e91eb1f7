import { type CreatedKey, type DB, newestFirst, readPage } from '@medforge/db'
import { newHost, newUser } from '@medforge/test-support'
import { type Kysely, sql } from 'kysely'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

/** So many sessions of one person that have ended, three of each microsecond. */
async function fill(db: Kysely<DB>, count: number): Promise<string> {
  await newHost(db)
  const { id } = await newUser(db)
  await sql`
    INSERT INTO sessions (id, user_id, tier, pack_id, status, gpu_id, slug, workspace_zfs, created_at, stopped_at, request_id)
    SELECT UUID(), ${id}, 'public', (SELECT id FROM packs), 'stopped', 0,
      LPAD(REPLACE(REPLACE(CONV(seq, 10, 6), '1', 'a'), '0', 'b'), 8, 'z'), 'tank/w',
      TIMESTAMP '2026-03-01 12:00:00' + INTERVAL (seq DIV 3) MICROSECOND, NOW(6), 'r'
    FROM ${sql.raw(`seq_1_to_${count}`)}
  `.execute(db)
  await sql`ANALYZE TABLE sessions`.execute(db)
  return id
}

const sessionsOf = (db: Kysely<DB>, userId: string) =>
  db.selectFrom('sessions').select(['id', 'created_at']).where('user_id', '=', userId)

describe(readPage, () => {
  test('shows every row once, in order, whatever the page size', async ({ db }) => {
    const userId = await fill(db, 20)
    const whole = await sessionsOf(db, userId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute()
    for (const limit of [1, 2, 3, 7, 19, 20, 21]) {
      const seen: CreatedKey[] = []
      let after: CreatedKey | null = null
      do {
        const page: Awaited<ReturnType<typeof readSessions>> = await readSessions(limit, after)
        expect(page.rows).toHaveLength(Math.min(limit, whole.length - seen.length))
        seen.push(...page.rows)
        after = page.next
      } while (after !== null)
      expect(seen).toEqual(whole)
    }

    function readSessions(limit: number, after: CreatedKey | null) {
      return readPage(sessionsOf(db, userId), newestFirst('sessions'), { limit, after })
    }
  })

  test('reads a page in the middle of a long list by its index, and no row before it', async ({
    db,
  }) => {
    const userId = await fill(db, 3000)
    const key = await sessionsOf(db, userId)
      .orderBy('created_at')
      .orderBy('id')
      .offset(1500)
      .limit(1)
      .executeTakeFirstOrThrow()
    const reads = await db.connection().execute(async (connection) => {
      await sql`FLUSH STATUS`.execute(connection)
      await readPage(sessionsOf(connection, userId), newestFirst('sessions'), {
        limit: 50,
        after: key,
      })
      const { rows } = await sql<{ Value: string }>`
        SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%'`.execute(connection)
      return rows.reduce((sum, { Value }) => sum + Number(Value), 0)
    })
    expect(reads).toBeLessThan(60)
  })
})
