import { newHost, newSession, newUser, type Visitor } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { signIn } from '../admin/admin.ts'
import { test } from '../app.ts'

/** The way out of a browser that lost the host-bound cookie, and the way to a host that never gets it. */
const WITHOUT_HOST_BOUND = ['/api/v1/auth/logout', '/api/v1/auth/session-proxy']
const BROWSER = { 'sec-fetch-site': 'same-site' }

/** The two cookies of a login, each as `name=value`. */
function cookiesOf(visitor: Visitor) {
  const [login = '', hostBound = '', ...others] = visitor.cookie()?.split('; ') ?? []
  expect(login).toMatch(/^medforge_session=[A-Za-z0-9_-]{64}$/)
  expect(hostBound).toMatch(/^__Host-medforge_session=[A-Za-z0-9_-]{43}$/)
  expect(others).toEqual([])
  return { login, hostBound }
}

describe('the host-bound cookie of a login', () => {
  test('is set with every new token, for the API’s host alone, for as long as the login', async ({
    api,
    db,
  }) => {
    const visitor = api.visitor()
    const json = { email: 'ada@medforge.test', password: 'correct horse battery staple' }
    const change = { current_password: json.password, new_password: json.password }
    const seen = new Set<string>()
    for (const path of ['/auth/signup', '/auth/login', '/auth/password']) {
      const { setCookies } = await visitor.post(path, path === '/auth/password' ? change : json)
      expect(setCookies[1]?.replace(/=[^;]*/, '')).toBe(
        '__Host-medforge_session; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax',
      )
      seen.add(cookiesOf(visitor).hostBound)
      expect((await visitor.get('/me', BROWSER)).status).toBe(200)
    }
    expect(seen.size).toBe(3)
    const rows = await db.selectFrom('auth_sessions').select('token_hash').execute()
    const hashes = rows.map(({ token_hash }) => token_hash.toString('base64url'))
    for (const hostBound of seen) expect(hashes).not.toContain(hostBound.split('=')[1])
  })

  test('is asked of browsers on every route behind a login, which make them drop their cookies without it', async ({
    api,
    db,
  }) => {
    const { visitor } = await signIn(api, db, { role: 'admin' })
    const cookie = cookiesOf(visitor).login
    const { text } = await visitor.get('!/openapi.json')
    const { paths }: { paths: Record<string, Record<string, { security: unknown[] }>> } =
      JSON.parse(text)
    const behindLogin = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { security }]) => security.length > 0 && !WITHOUT_HOST_BOUND.includes(path))
        .map(([method]) => ({ method: method.toUpperCase() as 'GET', path })),
    )
    expect(behindLogin.length).toBeGreaterThan(30)
    for (const { method, path } of behindLogin) {
      const answer = await api.visitor().ask(`!${path.replace(/\{\w+\}/g, 'x')}`, {
        method,
        headers: { cookie, ...BROWSER },
      })
      expect(answer.status, `${method} ${path}`).toBe(401)
      expect(answer.headers['clear-site-data'], `${method} ${path}`).toBe('"cookies"')
    }
    expect((await visitor.get('/me', BROWSER)).status).toBe(200)
  })

  test('is the one of exactly this login, once', async ({ api, db }) => {
    const mine = cookiesOf((await signIn(api, db)).visitor)
    const theirs = cookiesOf((await signIn(api, db)).visitor)
    const ask = (...cookies: string[]) =>
      api.visitor().get('/me', { cookie: cookies.join('; '), ...BROWSER })
    const empty = '__Host-medforge_session='
    expect((await ask(mine.login, mine.hostBound, mine.hostBound)).status).toBe(200)
    for (const cookies of [
      [theirs.hostBound],
      [mine.hostBound, theirs.hostBound],
      [theirs.hostBound, mine.hostBound],
      [empty],
      [`${mine.hostBound}A`],
      [`\xa0${mine.hostBound}`],
    ]) {
      const answer = await ask(mine.login, ...cookies)
      expect(answer.status, cookies.join()).toBe(401)
      expect(answer.problem().code).toBe('authentication_required')
      expect(answer.headers['clear-site-data']).toBe('"cookies"')
      expect(String(answer.headers['set-cookie'])).toMatch(/^medforge_session=; .*Max-Age=0;/)
    }
  })

  test.for(['same-origin', 'same-site', 'cross-site', 'none', ''])(
    'is asked of a browser’s request that is %j',
    async (site, { api, db }) => {
      const { login, hostBound } = cookiesOf((await signIn(api, db)).visitor)
      const ask = (cookie: string) => api.visitor().get('/me', { cookie, 'sec-fetch-site': site })
      expect((await ask(login)).status).toBe(401)
      expect((await ask(`${login}; ${hostBound}`)).status).toBe(200)
    },
  )

  test('is not asked of programs', async ({ api, db }) => {
    const cookie = cookiesOf((await signIn(api, db)).visitor).login
    expect((await api.visitor().get('/me', { cookie })).status).toBe(200)
    const patch = { method: 'PATCH', body: { display_name: 'Ada' }, headers: { cookie } } as const
    expect((await api.visitor().ask('/me', patch)).status).toBe(200)
  })

  test('is not asked on the way to a session, whose host never gets it', async ({ api, db }) => {
    const { visitor, userId } = await signIn(api, db)
    await newHost(db)
    await newSession(db, { user_id: userId, slug: 'abcdefgh' })
    const answer = await api.visitor().get('/auth/session-proxy', {
      host: 's-abcdefgh.medforge.localhost',
      cookie: cookiesOf(visitor).login,
      'sec-fetch-site': 'none',
    })
    expect(answer.status).toBe(200)
  })

  test('is worth nothing without a login that goes on, which is refused as ever', async ({
    api,
    db,
  }) => {
    const { visitor } = await signIn(api, db)
    const { login, hostBound } = cookiesOf(visitor)
    await visitor.post('/auth/logout', undefined, BROWSER)
    for (const cookie of [hostBound, login, `${login}; ${hostBound}`]) {
      const answer = await api.visitor().get('/me', { cookie, ...BROWSER })
      expect(answer.status).toBe(401)
      expect(answer.headers).not.toHaveProperty('clear-site-data')
    }
  })

  test('keeps nobody from logging out or in again who lost it', async ({ api, db }) => {
    const { email } = await newUser(db)
    const visitor = api.visitor()
    await visitor.logIn(email)
    const { login, hostBound } = cookiesOf(visitor)
    for (const cookie of [login, hostBound]) {
      const answer = await api.visitor().post('/auth/logout', undefined, { cookie, ...BROWSER })
      expect(answer.status).toBe(200)
      expect(answer.setCookies.map((line) => line.split(';')[0])).toEqual([
        'medforge_session=',
        '__Host-medforge_session=',
      ])
    }
    expect((await api.visitor().get('/me', { cookie: login })).status).toBe(401)
    const again = { email, password: 'correct horse battery staple' }
    const answer = await visitor.post('/auth/login', again, { cookie: login, ...BROWSER })
    expect(answer.status).toBe(200)
    expect((await visitor.get('/me', BROWSER)).status).toBe(200)
  })
})
