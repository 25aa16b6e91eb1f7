import { randomBytes, randomUUID } from 'node:crypto'
import { sweepExpiredLogins } from '@medforge/api/identity/login-sweep.ts'
import { type DB, recordAudit, toSqlTime } from '@medforge/db'
import { newUser } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { type TestApp, test } from '../app.ts'

const DAY_MS = 86_400_000

/** Logins whose expiry lies this many milliseconds from now. */
async function addLogins(db: Kysely<DB>, { clock }: TestApp, expiries: number[]): Promise<string> {
  const user = await newUser(db)
  const now = clock.now().getTime()
  const at = (ms: number) => toSqlTime(new Date(now + ms))
  const logins = expiries.map((expiresInMs, index) => ({
    id: randomUUID(),
    user_id: user.id,
    token_hash: randomBytes(32),
    created_at: at(-40 * DAY_MS),
    last_seen_at: at(-40 * DAY_MS),
    expires_at: at(expiresInMs),
    revoked_at: index % 2 === 0 ? null : at(-39 * DAY_MS),
  }))
  await db.insertInto('auth_sessions').values(logins).execute()
  return user.id
}

async function remaining(db: Kysely<DB>): Promise<number> {
  return (await db.selectFrom('auth_sessions').select('id').execute()).length
}

describe('logins that have expired', () => {
  test('are deleted a day later, however they ended, and nothing else is', async ({ api, db }) => {
    const userId = await addLogins(db, api, [
      -2 * DAY_MS,
      -2 * DAY_MS,
      -DAY_MS - 1,
      -DAY_MS + 60_000,
      0,
      DAY_MS,
    ])
    const at = api.clock.now()
    await recordAudit(db, { actorUserId: userId, action: 'test', subject: userId, at })
    const { signal } = new AbortController()
    expect(await sweepExpiredLogins({ ...api.context, signal })).toBe(3)
    expect(await remaining(db)).toBe(3)
    expect(await db.selectFrom('audit_events').select('id').execute()).toHaveLength(1)
    expect(await db.selectFrom('users').select('id').execute()).toHaveLength(1)
  })

  test('go in batches until none is left', async ({ api, db }) => {
    await addLogins(db, api, Array<number>(7).fill(-3 * DAY_MS))
    const { signal } = new AbortController()
    expect(await sweepExpiredLogins({ ...api.context, signal }, 3)).toBe(7)
    expect(await remaining(db)).toBe(0)
  })

  test('stay for the next time where the server is asked to end', async ({ api, db }) => {
    await addLogins(db, api, Array<number>(4).fill(-3 * DAY_MS))
    const signal = AbortSignal.abort()
    expect(await sweepExpiredLogins({ ...api.context, signal }, 3)).toBe(0)
    expect(await remaining(db)).toBe(4)
  })

  test('are swept by a server that listens, without being asked', async ({ api, db }) => {
    await addLogins(db, api, [-2 * DAY_MS, DAY_MS])
    await api.app.listen({ host: '127.0.0.1', port: 0 })
    await expect.poll(() => remaining(db)).toBe(1)
  })
})
