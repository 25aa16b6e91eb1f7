import { newUser } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const OTHER = 'A'.repeat(64)

describe('the login cookie', () => {
  test.for([
    { note: 'an unknown token', cookie: `medforge_session=${OTHER}` },
    { note: 'an empty value', cookie: 'medforge_session=' },
    { note: 'no token at all', cookie: "medforge_session=' OR 1=1; --" },
    { note: 'a token of another length', cookie: `medforge_session=${OTHER}A` },
    { note: 'another name', cookie: `Medforge_Session=${OTHER}` },
  ])('proves nothing with $note', async ({ cookie }, { api }) => {
    const answer = await api.visitor().get('/me', { cookie })
    expect(answer.status).toBe(401)
    expect(answer.problem().code).toBe('authentication_required')
    expect(answer.headers).not.toHaveProperty('clear-site-data')
  })

  test('is read among other cookies, and when it comes twice with one value', async ({
    api,
    db,
  }) => {
    const visitor = api.visitor()
    await visitor.logIn((await newUser(db)).email)
    const own = visitor.cookie() ?? ''
    for (const cookie of [`a=1; ${own}; b="x;y"`, `a=1;${own};${own}`, `${own}; ${own}`]) {
      expect((await api.visitor().get('/me', { cookie })).status).toBe(200)
    }
  })

  test('is refused, never chosen, when it comes with two values', async ({ api, db }) => {
    const visitor = api.visitor()
    await visitor.logIn((await newUser(db)).email)
    const own = visitor.cookie() ?? ''
    const other = `medforge_session=${OTHER}`
    for (const cookie of [`${own}; ${other}`, `${other}; ${own}`, `${own}; medforge_session=`]) {
      for (const [method, path] of [
        ['GET', '/me'],
        ['POST', '/auth/logout'],
      ] as const) {
        const answer = await api.visitor().ask(path, { method, headers: { cookie } })
        expect(answer.status).toBe(401)
        expect(answer.problem().detail).toBe('Authentication required.')
        expect(answer.headers['clear-site-data']).toBe('"cookies"')
      }
    }
    expect((await visitor.get('/me')).status).toBe(200)
  })

  test('of a poisoned browser does not keep its person from signing in again', async ({
    api,
    db,
  }) => {
    const { email } = await newUser(db)
    const visitor = api.visitor()
    const cookie = `medforge_session=${OTHER}; medforge_session=${'B'.repeat(64)}`
    const answer = await visitor.post(
      '/auth/login',
      { email, password: 'correct horse battery staple' },
      { cookie },
    )
    expect(answer.status).toBe(200)
    expect((await visitor.get('/me')).status).toBe(200)
  })
})

describe('POST /auth/logout', () => {
  test('revokes the login and removes the cookie', async ({ api, db }) => {
    const visitor = api.visitor()
    await visitor.logIn((await newUser(db)).email)
    const cookie = visitor.cookie() ?? ''
    const answer = await visitor.post('/auth/logout')
    expect(answer.data()).toEqual({ message: 'Signed out.' })
    expect(answer.setCookies).toEqual([
      'medforge_session=; Domain=.medforge.localhost; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax',
      '__Host-medforge_session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax',
    ])
    expect(visitor.cookie()).toBeUndefined()
    expect((await api.visitor().get('/me', { cookie })).status).toBe(401)
  })

  test('leaves the other logins of the account', async ({ api, db }) => {
    const { email } = await newUser(db)
    const [here, there] = [api.visitor(), api.visitor()]
    await here.logIn(email)
    await there.logIn(email)
    await here.post('/auth/logout')
    expect((await there.get('/me')).status).toBe(200)
  })

  test('is fine without a login, and twice', async ({ api, db }) => {
    expect((await api.visitor().post('/auth/logout')).status).toBe(200)
    const visitor = api.visitor()
    await visitor.logIn((await newUser(db)).email)
    const cookie = visitor.cookie() ?? ''
    for (const _ of [1, 2]) {
      const answer = await api.visitor().post('/auth/logout', undefined, { cookie })
      expect(answer.status).toBe(200)
    }
  })

  test('notifies listeners which login has ended, once', async ({ api, db }) => {
    const user = await newUser(db)
    const ended: unknown[] = []
    api.context.identity.onLogout((login) => ended.push(login))
    const visitor = api.visitor()
    await visitor.logIn(user.email)
    const cookie = visitor.cookie() ?? ''
    await visitor.post('/auth/logout')
    await api.visitor().post('/auth/logout', undefined, { cookie })
    expect(ended).toEqual([{ userId: user.id, authSessionId: expect.any(String) }])
  })
})
