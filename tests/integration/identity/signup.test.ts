import { newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const ADA = { email: 'ada@example.org', password: 'eight or more' }

describe('POST /auth/signup', () => {
  test('makes an account, logs it in and answers who it is', async ({ api }) => {
    const visitor = api.visitor()
    const answer = await visitor.post('/auth/signup', {
      email: '  Ada@Example.ORG ',
      password: 'passwört with ünicode',
      display_name: '  Ada   Lovelace ',
      role: 'admin',
    })
    expect(answer.status).toBe(201)
    expect(answer.data()).toEqual({
      user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'ada@example.org',
      display_name: 'Ada Lovelace',
      role: 'user',
    })
    const me = await visitor.get('/me')
    expect(me.data()).toMatchObject({
      email: 'ada@example.org',
      max_concurrent_sessions: 1,
      active_sessions: 0,
    })
  })

  test('sets the login cookie for every host of the installation, out of reach of scripts', async ({
    api,
  }) => {
    const { setCookies } = await api.visitor().post('/auth/signup', ADA)
    expect(setCookies).toHaveLength(2)
    const [pair, ...attributes] = setCookies[0]?.split('; ') ?? []
    expect(pair).toMatch(/^medforge_session=[A-Za-z0-9_-]{64}$/)
    expect(attributes.toSorted()).toEqual([
      'Domain=.medforge.localhost',
      'HttpOnly',
      'Max-Age=2592000',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ])
  })

  test('keeps neither the password nor the token', async ({ open, db }) => {
    const api = await open({ hashing: 'real' })
    const visitor = api.visitor()
    await visitor.post('/auth/signup', ADA)
    const token = /^medforge_session=([^;]{64});/.exec(visitor.cookie() ?? '')?.[1] ?? 'none'
    const user = await db.selectFrom('users').selectAll().executeTakeFirstOrThrow()
    const login = await db.selectFrom('auth_sessions').selectAll().executeTakeFirstOrThrow()
    expect(user.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(login.token_hash).toHaveLength(32)
    const stored = JSON.stringify([user, login.token_hash.toString('base64url'), login])
    expect(stored).not.toContain(token)
    expect(JSON.stringify(api.logs)).not.toContain(token)
    expect(JSON.stringify(api.logs)).not.toContain(ADA.password)
  })

  test('gives a neutral name to somebody who names none', async ({ api }) => {
    const answer = await api.visitor().post('/auth/signup', ADA)
    const { display_name } = answer.data<{ display_name: string }>()
    expect(display_name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+ \d{4}$/)
    expect(display_name.toLowerCase()).not.toContain('ada')
  })

  test('refuses an address that is taken, in any spelling', async ({ api }) => {
    await api.visitor().post('/auth/signup', ADA)
    const again = await api.visitor().post('/auth/signup', { ...ADA, email: 'ADA@example.org' })
    expect(again.status).toBe(409)
    expect(again.problem().code).toBe('email_taken')
    expect(again.setCookies).toEqual([])
  })

  test('lets exactly one of many parallel sign-ups with one address win', async ({ api, db }) => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => api.visitor().post('/auth/signup', ADA)),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      201,
      ...new Array(11).fill(409),
    ])
    expect(await db.selectFrom('users').selectAll().execute()).toHaveLength(1)
    expect(await db.selectFrom('auth_sessions').selectAll().execute()).toHaveLength(1)
  })

  test('refuses a display name that people would take for somebody else’s, and says why', async ({
    api,
    db,
  }) => {
    await newUser(db, { display_name: 'Ivan Petrov' })
    for (const display_name of ['Ivan Petrov', 'IVAN petrov', 'lvan Petrov', 'Iv\u200dan Pеtrоv']) {
      const answer = await api.visitor().post('/auth/signup', { ...ADA, display_name })
      expect(answer.status, display_name).toBe(409)
      const { code, detail, errors } = answer.problem()
      expect(code).toBe('display_name_taken')
      expect(detail).toContain('look-alike letters')
      expect(errors).toMatchObject([{ loc: ['body', 'display_name'] }])
    }
    const other = await api.visitor().post('/auth/signup', { ...ADA, display_name: 'Ivan P.' })
    expect(other.status).toBe(201)
  })

  test('lets exactly one of many parallel sign-ups with one name win', async ({ api }) => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, nth) =>
        api.visitor().post('/auth/signup', {
          ...ADA,
          email: `ada${nth}@example.org`,
          display_name: nth % 2 ? 'Ada' : 'ADA',
        }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409])
  })

  test('lists every fault of the body at once', async ({ api }) => {
    const broken = { email: 'no address', password: 'short', display_name: 'x' }
    const answer = await api.visitor().post('/auth/signup', broken)
    expect(answer.status).toBe(422)
    const { code, errors } = answer.problem()
    expect(code).toBe('request_validation_failed')
    expect(errors?.map(({ loc }) => loc)).toEqual([
      ['body', 'email'],
      ['body', 'password'],
      ['body', 'display_name'],
    ])
  })

  test.for([
    { note: 'no body', body: undefined },
    { note: 'a body that is no object', body: [] },
    { note: 'a password that is no text', body: { ...ADA, password: 12345678 } },
    { note: 'a name that is null', body: { ...ADA, display_name: null } },
  ])('refuses $note', async ({ body }, { api }) => {
    const answer = await api.visitor().post('/auth/signup', body)
    expect(answer.status).toBe(422)
    expect(answer.problem().errors?.length).toBeGreaterThan(0)
  })

  test('is closed where the operator closed it', async ({ open }) => {
    const api = await open({ env: { SIGNUP_MODE: 'closed' } })
    const answer = await api.visitor().post('/auth/signup', ADA)
    expect([answer.status, answer.problem().code]).toEqual([403, 'signup_closed'])
  })
})
