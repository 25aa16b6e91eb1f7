import { randomBytes, randomUUID } from 'node:crypto'
import { changePassword } from '@medforge/api/identity/repository.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { createHostState } from '@medforge/api/reconciler/host/state.ts'
import { createRevocations } from '@medforge/api/reconciler/revocations.ts'
import { changeAccount } from '@medforge/core'
import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import { createFakeClock, newHost, newSession, newUser } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const { signal } = new AbortController()

async function newLogin(
  db: Kysely<DB>,
  userId: string,
  at = NOW,
  revokedAt: Date | null = null,
): Promise<string> {
  const id = randomUUID()
  await db
    .insertInto('auth_sessions')
    .values({
      id,
      user_id: userId,
      token_hash: randomBytes(32),
      created_at: toSqlTime(at),
      last_seen_at: toSqlTime(at),
      expires_at: toSqlTime(new Date(at.getTime() + 86_400_000)),
      revoked_at: revokedAt && toSqlTime(revokedAt),
    })
    .execute()
  return id
}

const revokedLogin = (db: Kysely<DB>, userId: string, at = NOW) => newLogin(db, userId, at, at)

/** Two people with a running session each, and the reconciler's part that cuts sockets, writing down what it cut. */
async function twoSessions(db: Kysely<DB>) {
  await newHost(db)
  const [ada, grace] = [await newUser(db), await newUser(db)]
  const hers = await newSession(db, { user_id: ada.id, gpu_id: 0 })
  const other = await newSession(db, { user_id: grace.id, gpu_id: 1 })
  const cuts: string[][] = []
  const refusals: Error[] = []
  const resisting = new Set<string>()
  const clock = createFakeClock(NOW)
  const host = createHostState()
  const newRevocations = () =>
    createRevocations({
      ...{ db, clock, host },
      idleTtlSeconds: 7 * 86_400,
      logger: createLogger('reconciler', 'silent'),
      flows: {
        async cut(slugs) {
          const refusal = refusals.shift()
          if (refusal) throw refusal
          cuts.push(slugs.toSorted())
          return slugs.filter((slug) => resisting.has(slug))
        },
      },
    })
  const revocations = newRevocations()
  return {
    ...{ ada, grace, hers, other, cuts, refusals, resisting },
    ...{ clock, host, revocations, newRevocations },
  }
}

describe(createRevocations, () => {
  test('cuts the sessions of whoever signed out, once', async ({ db }) => {
    const { ada, hers, cuts, revocations } = await twoSessions(db)
    await revokedLogin(db, ada.id)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug]])
  })

  test('cuts every running session when an admin signed out', async ({ db }) => {
    const { hers, other, cuts, revocations } = await twoSessions(db)
    const admin = await newUser(db, { role: 'admin' })
    await revokedLogin(db, admin.id)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug, other.slug].toSorted()])
  })

  test('cuts every running session, once, when somebody ceased to be an admin', async ({ db }) => {
    const { ada, grace, hers, other, cuts, revocations } = await twoSessions(db)
    const change = async (id: string, role: 'admin' | 'user') =>
      inTransaction(db, (tx) =>
        changeAccount(tx, id, { role }, { actorUserId: ada.id, requestId: randomUUID(), at: NOW }),
      )
    await change(ada.id, 'admin')
    await change(grace.id, 'admin')
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    await change(grace.id, 'user')
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug, other.slug].toSorted()])
  })

  test.for([
    { role: 'user', whose: 'the sessions of whoever' },
    { role: 'admin', whose: 'every running session when an admin' },
  ] as const)('cuts $whose changed the password, once', async ({ role }, { db }) => {
    const { ada, hers, other, cuts, revocations } = await twoSessions(db)
    await db.updateTable('users').set({ role }).where('id', '=', ada.id).execute()
    const loginId = await newLogin(db, ada.id)
    const who = { userId: ada.id, loginId, tokenHash: randomBytes(32), requestId: randomUUID() }
    expect(await changePassword(db, { ...who, at: NOW }, 'another', 'new')).toBeUndefined()
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    expect(await changePassword(db, { ...who, at: NOW }, ada.password_hash, 'new')).toEqual([])
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    const mine = role === 'admin' ? [hers.slug, other.slug] : [hers.slug]
    expect(cuts).toEqual([mine.toSorted()])
  })

  test('tries again after a failure', async ({ db }) => {
    const { ada, hers, cuts, refusals, revocations } = await twoSessions(db)
    await revokedLogin(db, ada.id)
    refusals.push(new Error('Docker is away.'))
    await expect(revocations.runOnce(signal)).rejects.toThrow('Docker is away.')
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug]])
  })

  test.for(['the same process', 'a new process'])(
    'cuts a login that could not be cut for ten minutes, by %s',
    async (who, { db }) => {
      const { ada, hers, cuts, refusals, clock, revocations, newRevocations } =
        await twoSessions(db)
      await revocations.runOnce(signal)
      await revokedLogin(db, ada.id)
      refusals.push(new Error('Docker is away.'), new Error('Docker is away.'))
      await expect(revocations.runOnce(signal)).rejects.toThrow()
      clock.advance(600_000)
      await expect(revocations.runOnce(signal)).rejects.toThrow()
      const later = who === 'a new process' ? newRevocations() : revocations
      await later.runOnce(signal)
      expect(cuts).toEqual([[hers.slug]])
    },
  )

  test('tells health while a login could not be cut, and starts sessions all the same', async ({
    db,
  }) => {
    const { ada, refusals, host, revocations } = await twoSessions(db)
    const said = () => host.report().reasons.join()
    await revokedLogin(db, ada.id)
    refusals.push(new Error('Docker is away.'))
    await expect(revocations.runOnce(signal)).rejects.toThrow()
    expect(said()).toContain('could not be cut')
    await revocations.runOnce(signal)
    expect(said()).not.toContain('could not be cut')
  })

  test('tries again only the session that resisted, and nobody beside it', async ({ db }) => {
    const { hers, other, cuts, resisting, revocations } = await twoSessions(db)
    const admin = await newUser(db, { role: 'admin' })
    await revokedLogin(db, admin.id)
    resisting.add(hers.slug)
    await expect(revocations.runOnce(signal)).rejects.toThrow()
    await expect(revocations.runOnce(signal)).rejects.toThrow()
    resisting.clear()
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug, other.slug].toSorted(), [hers.slug], [hers.slug]])
  })

  test('cuts the sessions of whoever’s login ran out, once, and not before', async ({ db }) => {
    const { ada, hers, cuts, clock, revocations } = await twoSessions(db)
    await revokedLogin(db, ada.id)
    await db.updateTable('auth_sessions').set({ revoked_at: null }).execute()
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    clock.advance(86_400_000)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug]])
  })

  test('cuts the sessions of whoever’s login nobody used for its idle limit, once, and not before', async ({
    db,
  }) => {
    const { ada, hers, cuts, clock, revocations } = await twoSessions(db)
    const id = await newLogin(db, ada.id)
    const expires_at = toSqlTime(new Date(NOW.getTime() + 8 * 86_400_000))
    await db.updateTable('auth_sessions').set({ expires_at }).where('id', '=', id).execute()
    clock.advance(7 * 86_400_000 - 1)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
    clock.advance(1)
    await revocations.runOnce(signal)
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug]])
    // Its age ends later, and with it nothing.
    for (const ms of [86_400_000 - 60_000, 60_000]) {
      clock.advance(ms)
      await revocations.runOnce(signal)
    }
    expect(cuts).toEqual([[hers.slug]])
  })

  test('leaves alone what was revoked long ago', async ({ db }) => {
    const { ada, cuts, revocations } = await twoSessions(db)
    await revokedLogin(db, ada.id, new Date(NOW.getTime() - 3_600_000))
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
  })
})
