import { createFailedAttempts } from '@medforge/api/identity/failed-attempts.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import type { DB } from '@medforge/db'
import { asProcess, newUser, PASSWORD } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { describe, expect } from 'vitest'
import { signIn } from '../admin/admin.ts'
import { type TestApp, test } from '../app.ts'

const ADDRESS = '203.0.113.7'
const EDGE = '172.30.1.2'
const WRONG = {
  what: 'login',
  address: ADDRESS,
  reason: 'wrong_password',
  requestId: 'r',
} as const

/** Somebody at `ADDRESS`, as Caddy hands the request on. */
function clientOf(api: TestApp) {
  const visitor = api.visitor({ address: EDGE })
  const headers = { 'x-forwarded-for': ADDRESS }
  return {
    post: (path: string, body: unknown) => visitor.post(path, body, headers),
    logIn: (email: string, password: string) =>
      visitor.post('/auth/login', { email, password }, headers),
    cookie: visitor.cookie,
  }
}

async function audit(db: Kysely<DB>) {
  const rows = await db.selectFrom('audit_events').selectAll().orderBy('id').execute()
  return rows.map(({ actor_user_id, action, subject, detail, request_id }) => ({
    ...{ actor_user_id, action, subject, request_id },
    detail: JSON.parse(detail ?? '{}'),
  }))
}

function lines({ logs }: TestApp, msg: string) {
  return logs.filter((line) => line.msg === msg)
}

describe('the log and the audit log', () => {
  test.for(['user', 'admin'] as const)(
    'have every log-in of a %s, and from where',
    async (role, { api, db }) => {
      const { id, email } = await newUser(db, { role })
      const answer = await clientOf(api).logIn(email, PASSWORD)
      const request_id = answer.headers['x-request-id']
      expect(await audit(db)).toEqual([
        {
          ...{ actor_user_id: id, action: 'user.login', subject: id, request_id },
          detail: { address: ADDRESS, role },
        },
      ])
      const facts = { user_id: id, address: ADDRESS, role, request_id }
      expect(lines(api, 'identity.login')).toMatchObject([facts])
    },
  )

  test('have every log-in that failed, with the class of its reason and nothing that was typed', async ({
    api,
    db,
  }) => {
    const user = await newUser(db, { email: 'ada@people.test' })
    const gone = await newUser(db, { email: 'gone@people.test', disabled_at: '2026-01-01' })
    const client = clientOf(api)
    const typed = [
      ['ada@people.test', 'hunter2 hunter2'],
      ['nobody@people.test', 'swordfish swordfish'],
      // Typed into the wrong field.
      ['tr0ub4dor&3', 'tr0ub4dor&3'],
      ['gone@people.test', PASSWORD],
    ] as const
    for (const [email, password] of typed) await client.logIn(email, password)
    await api.app.close()
    const failed = { actor_user_id: null, action: 'user.login_failed' }
    const because = (reason: string) => ({ by: 'client', address: ADDRESS, reason })
    expect(await audit(db)).toMatchObject([
      { ...failed, subject: user.id, detail: because('wrong_password') },
      { ...failed, subject: 'unknown', detail: because('unknown_account') },
      { ...failed, subject: gone.id, detail: because('account_disabled') },
      { ...failed, subject: 'unknown', detail: { ...because('unknown_account'), times: 1 } },
    ])
    expect(lines(api, 'identity.login_failed')).toMatchObject([
      { user_id: user.id, address: ADDRESS, reason: 'wrong_password' },
      { user_id: null, address: ADDRESS, reason: 'unknown_account' },
      { user_id: null, address: ADDRESS, reason: 'unknown_account' },
      { user_id: gone.id, address: ADDRESS, reason: 'account_disabled' },
    ])
    const written = JSON.stringify([api.logs, await audit(db)])
    for (const text of typed.flat()) expect(written).not.toContain(text)
  })

  test('have sign-ups and changes of a password, those that failed too, and neither passwords nor tokens', async ({
    api,
    db,
  }) => {
    const client = clientOf(api)
    const account = { email: 'ada@people.test', password: 'first password' }
    const made = await client.post('/auth/signup', account)
    const { user_id } = made.data<{ user_id: string }>()
    const tokens = [client.cookie() ?? '']
    const change = (current_password: string) =>
      client.post('/auth/password', { current_password, new_password: 'second password' })
    expect((await change('no password of mine')).status).toBe(401)
    expect((await change(account.password)).status).toBe(200)
    tokens.push(client.cookie() ?? '')
    const own = { actor_user_id: user_id, subject: user_id }
    await api.app.close()
    const failed = {
      ...{ actor_user_id: null, action: 'user.password_change_failed', subject: user_id },
      detail: { by: 'client', address: ADDRESS, reason: 'wrong_password' },
    }
    const rows = await audit(db)
    // A failure is written beside its answer.
    expect(rows.filter(({ action }) => action === failed.action)).toMatchObject([failed])
    expect(rows.filter(({ action }) => action !== failed.action)).toMatchObject([
      { ...own, action: 'user.signup', detail: { address: ADDRESS } },
      { ...own, action: 'user.password_change', detail: { address: ADDRESS, logins_ended: 0 } },
    ])
    for (const msg of [
      'identity.signup',
      'identity.password_change_failed',
      'identity.password_changed',
    ]) {
      expect(lines(api, msg), msg).toMatchObject([{ user_id, address: ADDRESS }])
    }
    const written = JSON.stringify([api.logs, await audit(db)])
    const secrets = tokens.flatMap((cookie) => cookie.match(/[A-Za-z0-9_-]{40,}/g) ?? [])
    expect(secrets).toHaveLength(4)
    for (const text of [...secrets, 'first password', 'second password', 'no password of mine']) {
      expect(written).not.toContain(text)
    }
  })

  test('have who disabled whom', async ({ api, db }) => {
    const admin = await signIn(api, db, { role: 'admin' })
    const { id } = await newUser(db)
    const body = { is_disabled: true }
    await admin.visitor.ask(`/admin/users/${id}`, { method: 'PATCH', body })
    expect((await audit(db)).at(-1)).toMatchObject({
      ...{ actor_user_id: admin.userId, action: 'user.disable', subject: id },
    })
    expect(lines(api, 'identity.account_changed')).toMatchObject([
      { user_id: id, by: admin.userId, is_disabled: true },
    ])
  })

  test('name the account of a request wherever there is one', async ({ api, db }) => {
    const { visitor, userId } = await signIn(api, db)
    await visitor.get('/me')
    await visitor.get('/admin/users')
    await api.visitor().get('/me')
    await api.visitor().get('/competitions')
    expect(
      lines(api, 'http.request').map(({ route, user_id }) => [route, user_id ?? null]),
    ).toEqual([
      ['/api/v1/auth/login', userId],
      ['/api/v1/me', userId],
      ['/api/v1/admin/users', userId],
      ['/api/v1/me', null],
      ['/api/v1/competitions', null],
    ])
  })

  test('have what fails after a period without failures', async ({ api, db }) => {
    const { id } = await newUser(db)
    await using failures = createFailedAttempts({
      db: asProcess(db, 'server'),
      clock: api.clock,
      logger: createLogger('server', 'info', { write() {} }),
    })
    await failures.flush()
    failures.note({ ...WRONG, userId: id })
    await failures.flush()
    expect(await audit(db)).toMatchObject([{ action: 'user.login_failed', subject: id }])
  })

  test('have the first attempts that their address was refused, and the others as a number', async ({
    open,
    db,
  }) => {
    const api = await open({ env: { AUTH_RATE_LIMIT: '1' } })
    const client = clientOf(api)
    for (let count = 0; count < 3; count += 1) await client.logIn('nobody', 'wrong password')
    expect((await client.post('/auth/signup', {})).status).toBe(429)
    expect((await client.post('/auth/password', {})).status).toBe(429)
    await api.app.close()
    const refused = { by: 'client', address: ADDRESS, reason: 'too_many_attempts' }
    const rows = await audit(db)
    expect(
      rows
        .filter(({ detail }) => detail.reason === refused.reason)
        .map(({ action, subject, detail }) => [action, subject, detail]),
    ).toEqual([
      ['user.login_failed', 'unknown', refused],
      ['user.signup_failed', 'unknown', refused],
      ['user.password_change_failed', 'unknown', refused],
      ['user.login_failed', 'unknown', { ...refused, times: 1 }],
    ])
    expect(lines(api, 'identity.signup_failed')).toMatchObject([
      { user_id: null, address: ADDRESS, reason: refused.reason },
    ])
  })

  test('show the account whose guesses are slowed down behind failures at many others', async ({
    api,
    db,
  }) => {
    const { id } = await newUser(db)
    const failures = createFailedAttempts({
      db: asProcess(db, 'server'),
      clock: api.clock,
      logger: createLogger('server', 'info', { write() {} }),
    })
    for (let nth = 0; nth < 200; nth += 1) failures.note({ ...WRONG, userId: `other ${nth}` })
    failures.note({ ...WRONG, userId: id, reason: 'too_many_attempts' })
    await failures[Symbol.asyncDispose]()
    expect((await audit(db)).filter(({ subject }) => subject === id)).toHaveLength(1)
  })

  test('are not filled by a burst of log-ins that fail, and lose none of its number', async ({
    api,
    db,
  }) => {
    const { id } = await newUser(db)
    const { clock } = api
    const logs: string[] = []
    const logger = createLogger('server', 'info', { write: (line) => void logs.push(line) })
    const failures = createFailedAttempts({ db: asProcess(db, 'server'), clock, logger })
    for (let nth = 0; nth < 3_000; nth += 1) {
      failures.note({
        what: 'login',
        userId: nth % 2 ? id : null,
        address: `203.0.${nth % 3}.${nth % 200}`,
        reason: nth % 2 ? 'wrong_password' : 'unknown_account',
        requestId: 'r',
      })
    }
    await failures[Symbol.asyncDispose]()
    const rows = await audit(db)
    expect(rows.length).toBeLessThanOrEqual(302)
    expect(rows.filter(({ subject }) => subject === id)).toHaveLength(100)
    expect(rows.reduce((sum, { detail }) => sum + (detail.times ?? 1), 0)).toBe(3_000)
    expect(logs).toHaveLength(3_000)
  })
})
