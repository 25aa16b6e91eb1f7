import type { Login, Me } from '@medforge/contracts'
import { newUser, PASSWORD, type Visitor } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { readAudit, signIn } from '../admin/admin.ts'
import { test } from '../app.ts'

const NEW_PASSWORD = 'another horse, another staple'
const change = (visitor: Visitor, current = PASSWORD, next = NEW_PASSWORD) =>
  visitor.post('/auth/password', { current_password: current, new_password: next })
const listLogins = async (visitor: Visitor) => (await visitor.get('/auth/logins')).data<Login[]>()

describe('POST /auth/password', () => {
  test('sets the password, ends the other logins and gives this one a new cookie', async ({
    api,
    db,
  }) => {
    const { visitor, userId, email } = await signIn(api, db)
    const other = api.visitor()
    await other.logIn(email)
    const ended: unknown[] = []
    api.context.identity.onLogout((login) => ended.push(login))
    const before = visitor.cookie() ?? ''

    const answer = await change(visitor)
    expect(answer.status).toBe(200)
    expect(visitor.cookie()).not.toBe(before)
    expect((await visitor.get('/me')).status).toBe(200)
    expect((await other.get('/me')).status).toBe(401)
    expect((await api.visitor().get('/me', { cookie: before })).status).toBe(401)
    expect(ended).toHaveLength(1)
    expect((await api.visitor().logIn(email, PASSWORD)).status).toBe(401)
    expect((await api.visitor().logIn(email, NEW_PASSWORD)).status).toBe(200)
    expect(await readAudit(db)).toEqual([
      {
        actor_user_id: userId,
        action: 'user.password_change',
        subject: userId,
        detail: '{"address":"127.0.0.1","logins_ended":1}',
      },
    ])
    expect(JSON.stringify(api.logs)).not.toContain(NEW_PASSWORD)
  })

  test('changes nothing where the current password is wrong', async ({ api, db }) => {
    const { visitor, email } = await signIn(api, db)
    const other = api.visitor()
    await other.logIn(email)
    const answer = await change(visitor, 'not the password')
    expect([answer.status, answer.problem().code]).toEqual([401, 'invalid_credentials'])
    expect(answer.setCookies).toEqual([])
    expect((await visitor.get('/me')).status).toBe(200)
    expect((await other.get('/me')).status).toBe(200)
    expect((await api.visitor().logIn(email, PASSWORD)).status).toBe(200)
  })

  test('counts every attempt against the rate limit of the address', async ({ open, db }) => {
    const api = await open({ env: { AUTH_RATE_LIMIT: '3' } })
    const { visitor } = await signIn(api, db)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await change(visitor, 'wrong')).status).toBe(401)
    }
    const limited = await change(visitor)
    expect([limited.status, limited.problem().code]).toEqual([429, 'rate_limit_exceeded'])
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
  })

  test('refuses a faulty new password before it looks at the old one', async ({ api, db }) => {
    const { visitor } = await signIn(api, db)
    for (const next of ['short', 'x'.repeat(129)]) {
      const answer = await change(visitor, 'wrong', next)
      expect(answer.status).toBe(422)
      expect(answer.problem().errors?.[0]?.loc).toEqual(['body', 'new_password'])
    }
  })

  test('lets one of two changes at the same time win, and its password is the one that works', async ({
    api,
    db,
  }) => {
    const { visitor: one, email } = await signIn(api, db)
    const two = api.visitor()
    await two.logIn(email)
    const passwords = ['first new password', 'second new password']
    const answers = await Promise.all([
      change(one, PASSWORD, passwords[0]),
      change(two, PASSWORD, passwords[1]),
    ])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401])
    const won = answers.findIndex(({ status }) => status === 200)
    expect((await api.visitor().logIn(email, passwords[won])).status).toBe(200)
    expect((await api.visitor().logIn(email, passwords[1 - won])).status).toBe(401)
  })

  test('leaves no login that was made with the old password meanwhile', async ({ api, db }) => {
    const { visitor, email } = await signIn(api, db)
    const racers = Array.from({ length: 6 }, () => api.visitor())
    const [changed] = await Promise.all([
      change(visitor),
      ...racers.map((racer) => racer.logIn(email, PASSWORD)),
    ])
    expect(changed?.status).toBe(200)
    for (const racer of racers) expect((await racer.get('/me')).status).toBe(401)
  })
})

describe('the list of own logins', () => {
  test('has every login that goes on, newest first, page by page', async ({ api, db }) => {
    const { visitor, email } = await signIn(api, db)
    await signIn(api, db)
    for (const _ of [1, 2, 3]) {
      api.clock.advance(1000)
      await api.visitor().logIn(email)
    }
    const all = await listLogins(visitor)
    expect(all.map(({ is_current }) => is_current)).toEqual([false, false, false, true])
    expect(all.map(({ created_at }) => created_at)).toEqual(
      all.map(({ created_at }) => created_at).toSorted((a, b) => b.localeCompare(a)),
    )
    const paged: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await visitor.get(`/auth/logins?limit=3${cursor && `&cursor=${cursor}`}`)
      paged.push(...page.data<Login[]>().map(({ id }) => id))
      cursor = page.meta().next_cursor
    }
    expect(paged).toEqual(all.map(({ id }) => id))
  })

  test('leaves out what has ended or run out', async ({ api, db }) => {
    const { visitor, email } = await signIn(api, db)
    const gone = api.visitor()
    await gone.logIn(email)
    await gone.post('/auth/logout')
    await api.visitor().logIn(email)
    for (let day = 0; day < 8; day += 1) {
      api.clock.advance(86_400_000)
      await visitor.get('/me')
      await api.context.identity.settled()
    }
    expect(await listLogins(visitor)).toMatchObject([{ is_current: true }])
  })

  test('shows neither token nor hash', async ({ api, db }) => {
    const { visitor } = await signIn(api, db)
    const [login] = await listLogins(visitor)
    expect(Object.keys(login ?? {}).toSorted()).toEqual([
      'created_at',
      'expires_at',
      'id',
      'is_current',
      'last_seen_at',
    ])
  })
})

describe('DELETE /auth/logins/{login_id}', () => {
  test('ends that login at once and no other', async ({ api, db }) => {
    const { visitor, email } = await signIn(api, db)
    const [lost, kept] = [api.visitor(), api.visitor()]
    await lost.logIn(email)
    // The clock stands still: logins of the same moment come in no particular order.
    const own = (await listLogins(lost)).find(({ is_current }) => is_current)
    await kept.logIn(email)
    const path = `/auth/logins/${own?.id}`
    expect((await visitor.ask(path, { method: 'DELETE' })).status).toBe(200)
    expect((await lost.get('/me')).status).toBe(401)
    expect((await kept.get('/me')).status).toBe(200)
    const again = await visitor.ask(path, { method: 'DELETE' })
    expect([again.status, again.problem().code]).toEqual([404, 'not_found'])
  })

  test('removes the cookie where it is the login that asks', async ({ api, db }) => {
    const { visitor } = await signIn(api, db)
    const [own] = await listLogins(visitor)
    const answer = await visitor.ask(`/auth/logins/${own?.id}`, { method: 'DELETE' })
    expect(answer.status).toBe(200)
    expect(visitor.cookie()).toBeUndefined()
  })

  test("does not know anybody else's login", async ({ api, db }) => {
    const owner = await signIn(api, db)
    const stranger = await signIn(api, db, { role: 'admin' })
    const [own] = await listLogins(owner.visitor)
    const path = `/auth/logins/${own?.id}`
    const answer = await stranger.visitor.ask(path, { method: 'DELETE' })
    expect([answer.status, answer.problem().code]).toEqual([404, 'not_found'])
    expect((await owner.visitor.get('/me')).status).toBe(200)
  })
})

test('POST /auth/logins/end-others leaves the login that asks, and moves the epoch', async ({
  api,
  db,
}) => {
  const { visitor, email } = await signIn(api, db)
  const stranger = await signIn(api, db)
  const others = [api.visitor(), api.visitor()]
  for (const other of others) await other.logIn(email)
  const answer = await visitor.post('/auth/logins/end-others')
  expect(answer.data()).toMatchObject({ ended: 2 })
  for (const other of others) expect((await other.get('/me')).status).toBe(401)
  expect((await visitor.get('/me')).status).toBe(200)
  expect((await stranger.visitor.get('/me')).status).toBe(200)
  const epoch = db.selectFrom('platform_state').select('name').where('name', '=', 'epoch')
  expect(await epoch.execute()).toHaveLength(1)
})

test('POST /auth/logins/end-others moves no epoch where it ends nothing', async ({ api, db }) => {
  const { visitor } = await signIn(api, db)
  expect((await visitor.post('/auth/logins/end-others')).data()).toMatchObject({ ended: 0 })
  expect(await db.selectFrom('platform_state').selectAll().execute()).toEqual([])
})

describe('PATCH /me', () => {
  const rename = (visitor: Visitor, body: object) => visitor.ask('/me', { method: 'PATCH', body })

  test('chooses the display name by the rules of sign-up, with an audit row', async ({
    api,
    db,
  }) => {
    const { visitor, userId } = await signIn(api, db, { display_name: 'Before' })
    const answer = await rename(visitor, { display_name: '  Ada   Lovelace ' })
    expect(answer.data<Me>()).toMatchObject({ display_name: 'Ada Lovelace', user_id: userId })
    expect((await visitor.get('/me')).data<Me>().display_name).toBe('Ada Lovelace')
    await rename(visitor, { display_name: 'Ada Lovelace' })
    expect(await readAudit(db)).toEqual([
      {
        actor_user_id: userId,
        action: 'user.rename',
        subject: userId,
        detail: '{"from":"Before","to":"Ada Lovelace"}',
      },
    ])
  })

  test.for(['', 'x', 'x'.repeat(41), 'Ada\nLovelace', 7, null])(
    'refuses %j',
    async (display_name, { api, db }) => {
      const { visitor } = await signIn(api, db)
      const answer = await rename(visitor, { display_name })
      expect(answer.status).toBe(422)
      expect(answer.problem().errors?.[0]?.loc).toEqual(['body', 'display_name'])
    },
  )

  test('refuses a name that people would take for somebody else’s, and takes another spelling of one’s own', async ({
    api,
    db,
  }) => {
    await newUser(db, { display_name: 'Bob' })
    const { visitor } = await signIn(api, db, { display_name: 'ada' })
    const answer = await rename(visitor, { display_name: 'Воb' })
    expect([answer.status, answer.problem().code]).toEqual([409, 'display_name_taken'])
    expect(answer.problem().errors?.[0]?.loc).toEqual(['body', 'display_name'])
    expect((await visitor.get('/me')).data<Me>().display_name).toBe('ada')
    expect((await rename(visitor, { display_name: 'ADA' })).data<Me>().display_name).toBe('ADA')
  })

  test('lets an account change its name ten times an hour, and nobody waits for another', async ({
    api,
    db,
  }) => {
    const { visitor } = await signIn(api, db)
    const other = await signIn(api, db)
    const renameTo = (nth: number) => rename(visitor, { display_name: `Name ${nth}` })
    for (let nth = 1; nth <= 10; nth += 1) expect((await renameTo(nth)).status).toBe(200)
    const limited = await renameTo(11)
    expect([limited.status, limited.problem().code]).toEqual([429, 'rate_limit_exceeded'])
    expect(Number(limited.headers['retry-after'])).toBe(3600)
    expect((await renameTo(10)).status).toBe(200)
    expect((await readAudit(db)).length).toBe(10)
    expect((await rename(other.visitor, { display_name: 'Somebody' })).status).toBe(200)
    api.clock.advance(3_600_000)
    expect((await renameTo(11)).status).toBe(200)
  })

  test('changes no role and no limit', async ({ api, db }) => {
    const { visitor } = await signIn(api, db)
    const change = { display_name: 'Ada', role: 'admin', max_concurrent_sessions: 9 }
    expect((await rename(visitor, change)).data<Me>()).toMatchObject({
      role: 'user',
      max_concurrent_sessions: 1,
    })
  })
})

test('every change of an account stands behind origin guard and login, in that order', async ({
  api,
  db,
}) => {
  const { email } = await newUser(db)
  const visitor = api.visitor()
  await visitor.logIn(email)
  for (const [method, path] of [
    ['PATCH', '/me'],
    ['POST', '/auth/password'],
    ['POST', '/auth/logins/end-others'],
    ['DELETE', '/auth/logins/x'],
  ] as const) {
    const evil = { method, body: {}, headers: { origin: 'https://s-abcdefgh.medforge.localhost' } }
    expect((await visitor.ask(path, evil)).problem().code).toBe('origin_not_allowed')
    const anonymous = await api.visitor().ask(path, { method, body: {} })
    expect(anonymous.problem().code).toBe('authentication_required')
  }
})
