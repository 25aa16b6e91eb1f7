import { randomBytes, randomUUID } from 'node:crypto'
import { changeAccount } from '@medforge/api/identity/account-changes.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { createRevocations } from '@medforge/api/sessions/revocations.ts'
import { type DB, inTransaction, toSqlTime } from '@medforge/db'
import { createFakeClock, newHost, newSession, newUser } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const { signal } = new AbortController()

async function revokedLogin(db: Kysely<DB>, userId: string, at = NOW): Promise<void> {
  await db
    .insertInto('auth_sessions')
    .values({
      id: randomUUID(),
      user_id: userId,
      token_hash: randomBytes(32),
      created_at: toSqlTime(at),
      last_seen_at: toSqlTime(at),
      expires_at: toSqlTime(new Date(at.getTime() + 86_400_000)),
      revoked_at: toSqlTime(at),
    })
    .execute()
}

/** Two people with a running session each, and the reconciler's part that cuts sockets, writing down what it cut. */
async function twoSessions(db: Kysely<DB>) {
  await newHost(db)
  const [ada, grace] = [await newUser(db), await newUser(db)]
  const hers = await newSession(db, { user_id: ada.id, gpu_id: 0 })
  const other = await newSession(db, { user_id: grace.id, gpu_id: 1 })
  const cuts: string[][] = []
  const refusals: Error[] = []
  const revocations = createRevocations({
    db,
    clock: createFakeClock(NOW),
    logger: createLogger('reconciler', 'silent'),
    flows: {
      async cut(slugs) {
        const refusal = refusals.shift()
        if (refusal) throw refusal
        cuts.push(slugs.toSorted())
      },
    },
  })
  return { ada, grace, hers, other, cuts, refusals, revocations }
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

  test('tries again after a failure', async ({ db }) => {
    const { ada, hers, cuts, refusals, revocations } = await twoSessions(db)
    await revokedLogin(db, ada.id)
    refusals.push(new Error('Docker is away.'))
    await expect(revocations.runOnce(signal)).rejects.toThrow('Docker is away.')
    await revocations.runOnce(signal)
    expect(cuts).toEqual([[hers.slug]])
  })

  test('leaves alone what was revoked long ago', async ({ db }) => {
    const { ada, cuts, revocations } = await twoSessions(db)
    await revokedLogin(db, ada.id, new Date(NOW.getTime() - 3_600_000))
    await revocations.runOnce(signal)
    expect(cuts).toEqual([])
  })
})
