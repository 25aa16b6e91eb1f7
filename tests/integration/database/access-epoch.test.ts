import { randomBytes, randomUUID } from 'node:crypto'
import { readAccess, readAccessEpoch } from '@medforge/api/sessions/repository.ts'
import { askToStop } from '@medforge/cli/operations/sessions.ts'
import { changeUser } from '@medforge/cli/operations/users.ts'
import { ensureFirstAdmin, resetPassword } from '@medforge/cli/stack/accounts.ts'
import { moveAccessEpoch, requestStopOfAll } from '@medforge/core'
import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import { newHost, newSession, newUser } from '@medforge/test-support'
import type { Kysely, Transaction } from 'kysely'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const AT = new Date('2026-03-01T12:00:00Z')
const REQUEST = {
  at: AT,
  requestId: 'operator',
  limits: { startTimeoutMs: 120_000, stopTimeoutMs: 60_000 },
}

/** Somebody with a running session. */
async function personWithSession(db: Kysely<DB>) {
  await newHost(db)
  const user = await newUser(db)
  const session = await newSession(db, { user_id: user.id })
  return { user, session }
}

describe('the operator’s change of who may enter a session', () => {
  type Person = Awaited<ReturnType<typeof personWithSession>>
  const CHANGES: Record<string, (db: Kysely<DB>, person: Person, url: string) => Promise<unknown>> =
    {
      'a first administrator': (_db, { user }, url) => ensureFirstAdmin(url, user.email),
      'a new password': (_db, { user }, url) => resetPassword(url, user.email),
      'a disabled account': (db, { user }) =>
        changeUser(db, { user_id: user.id, email: user.email }, { isDisabled: true }),
      'another role': (db, { user }) =>
        changeUser(db, { user_id: user.id, email: user.email }, { role: 'admin' }),
      'the stop of a session': (db, { session }) => askToStop(db, session, REQUEST),
      'the stop of all sessions': (db) => requestStopOfAll(db, REQUEST),
    }

  test.for(Object.keys(CHANGES))('(%s) moves the epoch', async (name, { db, database }) => {
    const person = await personWithSession(db)
    await CHANGES[name]?.(db, person, database.url)
    const { value } = await db
      .selectFrom('platform_state')
      .select('value')
      .where('name', '=', 'epoch')
      .executeTakeFirstOrThrow()
    expect(value).toMatch(/^"[0-9a-f]{24}"$/)
    expect(await database.epoch.unmoved()).toEqual([])
  })
})

describe('the watch over writers, by which every test of this folder fails', () => {
  const disable = (tx: Transaction<DB>) =>
    tx.updateTable('users').set({ disabled_at: '2026-03-01 12:00:00.000000' }).execute()

  test('finds a change without a move, and one after the move', async ({ db, database }) => {
    await personWithSession(db)
    await inTransaction(db, disable)
    expect(await database.epoch.unmoved()).toMatchObject([{ table: 'users' }])
    await database.epoch.forget()
    await inTransaction(db, async (tx) => {
      await moveAccessEpoch(tx, AT)
      await tx.updateTable('sessions').set({ status: 'stopping' }).execute()
    })
    expect(await database.epoch.unmoved()).toMatchObject([{ table: 'sessions' }])
  })

  test('is content with a move at the end, and with what was rolled back', async ({
    db,
    database,
  }) => {
    await personWithSession(db)
    await inTransaction(db, async (tx) => {
      await disable(tx)
      await moveAccessEpoch(tx, AT)
    })
    const failing = inTransaction(db, async (tx) => {
      await tx.updateTable('sessions').set({ status: 'stopping' }).execute()
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    expect(await database.epoch.unmoved()).toEqual([])
  })
})

test('a reading of accesses has the epoch and the rows of one moment', async ({ db }) => {
  const { user, session } = await personWithSession(db)
  const tokenHash = randomBytes(32)
  const login = {
    id: randomUUID(),
    user_id: user.id,
    token_hash: tokenHash,
    created_at: toSqlTime(AT),
    last_seen_at: toSqlTime(AT),
    expires_at: toSqlTime(AT),
  }
  await db.insertInto('auth_sessions').values(login).execute()
  /** What the row was given with each epoch. */
  const written = new Map<string | null, number>([[null, AT.getTime()]])
  const read: [epoch: string | null, expiresMs: number | undefined][] = []
  let isOver = false

  async function readOn(): Promise<void> {
    while (!isOver) {
      const { epoch, logins } = await readAccess(db, [{ slug: session.slug, tokenHash }])
      read.push([epoch, logins.get(tokenHash.toString('hex'))?.expiresMs])
    }
  }

  async function writeOn(): Promise<void> {
    for (let round = 1; round <= 50; round += 1) {
      const expiresMs = AT.getTime() + round
      await inTransaction(db, async (tx) => {
        const expires_at = toSqlTime(new Date(expiresMs))
        await tx.updateTable('auth_sessions').set({ expires_at }).execute()
        await moveAccessEpoch(tx, AT)
        written.set(await readAccessEpoch(tx), expiresMs)
      })
    }
    isOver = true
  }

  await Promise.all([writeOn(), readOn(), readOn()])
  expect(new Set(read.map(([epoch]) => epoch)).size).toBeGreaterThan(1)
  expect(read.filter(([epoch, expiresMs]) => written.get(epoch) !== expiresMs)).toEqual([])
})
