import { hashPassword } from '@medforge/core'
import { toSqlTime } from '@medforge/db'
import { newUser, PASSWORD } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const DAY_MS = 86_400_000

describe('POST /auth/login', () => {
  test('logs in with the address in any spelling', async ({ api, db }) => {
    const user = await newUser(db, { email: 'ada@example.org', role: 'admin' })
    const visitor = api.visitor()
    const answer = await visitor.logIn(' ADA@example.org')
    expect(answer.status).toBe(200)
    expect(answer.data()).toEqual({
      user_id: user.id,
      email: 'ada@example.org',
      display_name: user.display_name,
      role: 'admin',
    })
    expect((await visitor.get('/me')).status).toBe(200)
  })

  test('takes a password typed on a keyboard that composes differently', async ({ open }) => {
    const api = await open({ hashing: 'real' })
    const composed = 'caf\u00e9 caf\u00e9'
    const email = 'ada@example.org'
    await api.visitor().post('/auth/signup', { email, password: composed })
    const answer = await api.visitor().logIn(email, composed.normalize('NFD'))
    expect(answer.status).toBe(200)
  })

  test('answers the same to an unknown address and a wrong password', async ({ api, db }) => {
    await newUser(db, { email: 'ada@example.org' })
    const wrong = await api.visitor().logIn('ada@example.org', 'wrong password')
    const unknown = await api.visitor().logIn('nobody@example.org', 'wrong password')
    const noAddress = await api.visitor().logIn('nobody', 'wrong password')
    for (const answer of [wrong, unknown, noAddress]) {
      expect(answer.status).toBe(401)
      expect(answer.problem()).toMatchObject({
        code: 'invalid_credentials',
        detail: 'Invalid email or password.',
      })
      expect(answer.headers).not.toHaveProperty('clear-site-data')
    }
  })

  test('shows that an account is disabled only to whoever knows its password', async ({
    api,
    db,
  }) => {
    await newUser(db, { email: 'ada@example.org', disabled_at: toSqlTime(new Date()) })
    const wrong = await api.visitor().logIn('ada@example.org', 'wrong password')
    expect(wrong.problem().code).toBe('invalid_credentials')
    const right = await api.visitor().logIn('ada@example.org')
    expect([right.status, right.problem().code]).toEqual([403, 'account_disabled'])
    expect(right.setCookies).toEqual([])
  })

  test('makes a new login and leaves the others', async ({ api, db }) => {
    const { email } = await newUser(db)
    const [first, second] = [api.visitor(), api.visitor()]
    await first.logIn(email)
    await second.logIn(email)
    expect(first.cookie()).not.toBe(second.cookie())
    expect((await first.get('/me')).status).toBe(200)
    expect((await second.get('/me')).status).toBe(200)
  })

  test('answers 503 with Retry-After when more people sign in than hashing can take', {
    timeout: 90_000,
  }, async ({ open, db }) => {
    const api = await open({ hashing: 'real' })
    const { email } = await newUser(db, { password_hash: await hashPassword(PASSWORD) })
    const answers = await Promise.all(
      Array.from({ length: 120 }, () => api.visitor().logIn(email, 'wrong password')),
    )
    const statuses = new Set(answers.map(({ status }) => status))
    expect(statuses).toEqual(new Set([401, 503]))
    const refused = answers.find(({ status }) => status === 503)
    expect(refused?.problem().code).toBe('service_unavailable')
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0)
    expect((await api.visitor().logIn(email)).status).toBe(200)
  })
})

describe('a login', () => {
  test('ends after the idle limit without a request', async ({ api, db }) => {
    const visitor = api.visitor()
    await visitor.logIn((await newUser(db)).email)
    api.clock.advance(7 * DAY_MS - 1000)
    expect((await visitor.get('/me')).status).toBe(200)
    await api.context.identity.settled()
    api.clock.advance(7 * DAY_MS - 1000)
    expect((await visitor.get('/me')).status).toBe(200)
    await api.context.identity.settled()
    api.clock.advance(7 * DAY_MS)
    expect((await visitor.get('/me')).status).toBe(401)
  })

  test('ends at the longest limit whatever happens', async ({ api, db }) => {
    const visitor = api.visitor()
    await visitor.logIn((await newUser(db)).email)
    for (let day = 0; day < 29; day += 1) {
      api.clock.advance(DAY_MS)
      expect((await visitor.get('/me')).status).toBe(200)
      await api.context.identity.settled()
    }
    api.clock.advance(DAY_MS)
    expect((await visitor.get('/me')).status).toBe(401)
  })

  test('writes that it was seen at most once a minute', async ({ api, db }) => {
    const visitor = api.visitor()
    await visitor.logIn((await newUser(db)).email)
    const lastSeen = async () => {
      await api.context.identity.settled()
      return (await db.selectFrom('auth_sessions').select('last_seen_at').executeTakeFirst())
        ?.last_seen_at
    }
    const first = await lastSeen()
    api.clock.advance(59_000)
    await visitor.get('/me')
    expect(await lastSeen()).toBe(first)
    api.clock.advance(1000)
    await Promise.all([visitor.get('/me'), visitor.get('/me')])
    const second = await lastSeen()
    expect(second).toBe(toSqlTime(api.clock.now()))
    api.clock.advance(30_000)
    await visitor.get('/me')
    expect(await lastSeen()).toBe(second)
  })

  test('ends at once when its account is disabled', async ({ api, db }) => {
    const { id, email } = await newUser(db)
    const visitor = api.visitor()
    await visitor.logIn(email)
    const disabled_at = toSqlTime(api.clock.now())
    await db.updateTable('users').set({ disabled_at }).where('id', '=', id).execute()
    expect((await visitor.get('/me')).status).toBe(401)
  })

  test('is not proven by anything but its cookie', async ({ api, db }) => {
    const user = await newUser(db, { role: 'admin' })
    const forged = await api.visitor().get('/me', {
      'x-user-id': user.id,
      'x-forwarded-user': user.email,
      authorization: `Basic ${Buffer.from(`${user.email}:${PASSWORD}`).toString('base64')}`,
    })
    expect(forged.status).toBe(401)
    expect(forged.problem()).toMatchObject({
      code: 'authentication_required',
      detail: 'Authentication required.',
    })
  })
})
