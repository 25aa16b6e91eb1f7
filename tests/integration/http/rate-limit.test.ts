import { DomainError } from '@medforge/api/http/domain-error.ts'
import { newUser, PASSWORD } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const LIMITED = { env: { AUTH_RATE_LIMIT: '10', AUTH_RATE_WINDOW_SECONDS: '60' } }

describe('the rate limit of sign-up and log-in', () => {
  test('lets ten attempts through, both together, and names truly when the next one works', async ({
    open,
  }) => {
    const api = await open(LIMITED)
    const attempt = (path: string) => api.visitor().post(path, {})
    for (let count = 0; count < 10; count += 1) {
      if (count > 0) api.clock.advance(1000)
      const answer = await attempt(count % 2 ? '/auth/login' : '/auth/signup')
      expect(answer.status).toBe(422)
    }
    api.clock.advance(500)
    const refused = await attempt('/auth/login')
    expect([refused.status, refused.problem().code]).toEqual([429, 'rate_limit_exceeded'])
    expect(refused.headers['retry-after']).toBe('51')
    api.clock.advance(50_000)
    expect((await attempt('/auth/signup')).status).toBe(429)
    api.clock.advance(1000)
    expect((await attempt('/auth/signup')).status).toBe(422)
  })

  test('does not count log-ins that work, so that a class behind one address gets in', async ({
    open,
    db,
  }) => {
    const api = await open(LIMITED)
    for (let count = 0; count < 25; count += 1) {
      const { email } = await newUser(db)
      expect((await api.visitor().logIn(email)).status).toBe(200)
    }
    const { email } = await newUser(db)
    const statuses: number[] = []
    for (let count = 0; count < 11; count += 1) {
      statuses.push((await api.visitor().logIn(email, 'wrong password')).status)
    }
    expect(statuses).toEqual([...new Array(10).fill(401), 429])
  })

  test('lets a class in that logs in all at once', async ({ open, db }) => {
    const api = await open(LIMITED)
    const people = await Promise.all(Array.from({ length: 30 }, () => newUser(db)))
    const answers = await Promise.all(people.map(({ email }) => api.visitor().logIn(email)))
    expect(answers.map(({ status }) => status)).toEqual(new Array(30).fill(200))
  })

  test('lets no more guesses through for being made at once', async ({ open, db }) => {
    const api = await open(LIMITED)
    const people = await Promise.all(Array.from({ length: 30 }, () => newUser(db)))
    const guess = (email: string) => api.visitor().logIn(email, 'wrong password')
    const answers = await Promise.all(people.map(({ email }) => guess(email)))
    const statuses = answers.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([...new Array(10).fill(401), ...new Array(20).fill(429)])
  })

  test('counts the log-ins of many accounts once they are more than people behind one address make', async ({
    open,
    db,
  }) => {
    const api = await open({ env: { AUTH_RATE_LIMIT: '1' } })
    const statuses: number[] = []
    for (let count = 0; count < 22; count += 1) {
      statuses.push((await api.visitor().logIn((await newUser(db)).email)).status)
    }
    expect(statuses).toEqual([...new Array(21).fill(200), 429])
  })

  test('counts the log-ins of one account once they are more than attempts of one address', async ({
    open,
    db,
  }) => {
    const api = await open({ env: { AUTH_RATE_LIMIT: '2' } })
    const { email } = await newUser(db)
    const statuses: number[] = []
    for (let count = 0; count < 5; count += 1) {
      statuses.push((await api.visitor().logIn(email)).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 429])
  })

  test('counts the clients of an IPv6 block of 64 bits together', async ({ open }) => {
    const api = await open(LIMITED)
    const attempt = (address: string) => api.visitor({ address }).post('/auth/login', {})
    for (let count = 0; count < 10; count += 1) await attempt(`2001:db8:1:2::${count}`)
    expect((await attempt('2001:db8:1:2:ffff::1')).status).toBe(429)
    expect((await attempt('2001:db8:1:3::1')).status).toBe(422)
  })

  test('counts each client address for itself', async ({ open }) => {
    const api = await open(LIMITED)
    const attempt = (address: string, forwarded?: string) =>
      api
        .visitor({ address })
        .post('/auth/login', {}, forwarded ? { 'x-forwarded-for': forwarded } : {})
    for (let count = 0; count < 10; count += 1) await attempt('203.0.113.1')
    expect((await attempt('203.0.113.1')).status).toBe(429)
    expect((await attempt('203.0.113.2')).status).toBe(422)
    expect((await attempt('203.0.113.1', '203.0.113.99')).status).toBe(429)
  })

  test('believes X-Forwarded-For of the proxy alone, and only its last entry', async ({ open }) => {
    const api = await open(LIMITED)
    const throughProxy = (forwarded: string) =>
      api
        .visitor({ address: '172.30.1.2' })
        .post('/auth/login', {}, { 'x-forwarded-for': forwarded })
    for (let count = 0; count < 10; count += 1) await throughProxy(`10.0.0.${count}, 203.0.113.1`)
    expect((await throughProxy('198.51.100.7, 203.0.113.1')).status).toBe(429)
    expect((await throughProxy('203.0.113.1, 203.0.113.2')).status).toBe(422)
  })

  test('counts an attempt before its body is looked at, and no other route', async ({
    open,
    db,
  }) => {
    const api = await open({ env: { AUTH_RATE_LIMIT: '2' } })
    const { email } = await newUser(db)
    const visitor = api.visitor()
    expect((await visitor.logIn(email)).status).toBe(200)
    await visitor.post('/auth/login', 5)
    await visitor.post('/auth/login', 5)
    expect((await visitor.logIn(email)).status).toBe(429)
    for (let count = 0; count < 5; count += 1) {
      expect((await visitor.get('/me')).status).toBe(200)
    }
    expect((await visitor.post('/auth/logout')).status).toBe(200)
  })
})

describe('the limit of guesses at one account', () => {
  const HOME = '198.51.100.7'
  const from = (nth: number) => ({ address: `203.0.113.${nth}` })

  test('slows strangers down from however many addresses they come, and says truly until when', async ({
    open,
    db,
  }) => {
    const api = await open(LIMITED)
    const { email } = await newUser(db)
    const other = await newUser(db)
    for (const address of [email, 'nobody@people.test']) {
      const guess = (nth: number) => api.visitor(from(nth)).logIn(address, `wrong password ${nth}`)
      for (let nth = 0; nth < 11; nth += 1) expect((await guess(nth)).status).toBe(401)
      const refused = await guess(11)
      expect([refused.status, refused.problem().code]).toEqual([429, 'rate_limit_exceeded'])
      expect(refused.headers['retry-after']).toBe('5')
    }
    expect((await api.visitor(from(11)).logIn(other.email)).status).toBe(200)
    api.clock.advance(4_999)
    expect((await api.visitor(from(11)).logIn(email)).status).toBe(429)
    api.clock.advance(1)
    expect((await api.visitor(from(11)).logIn(email)).status).toBe(200)
  })

  test('lets the owner in within a minute while strangers at some other networks never stop', async ({
    open,
    db,
  }) => {
    const api = await open({ env: { AUTH_RATE_LIMIT: '60', AUTH_RATE_WINDOW_SECONDS: '60' } })
    const { email } = await newUser(db)
    for (let nth = 0; nth < 60; nth += 1) {
      await api.visitor(from(nth % 10)).logIn(email, 'wrong password')
    }
    const attack = async () => {
      for (let nth = 0; nth < 10; nth += 1) {
        await api.visitor(from(nth)).logIn(email, 'wrong password')
      }
    }
    await attack()
    const refused = await api.visitor({ address: HOME }).logIn(email)
    const seconds = Number(refused.headers['retry-after'])
    expect(refused.status).toBe(429)
    expect(seconds).toBeLessThanOrEqual(60)
    for (let passed = 0; passed < seconds; passed += 1) {
      api.clock.advance(1000)
      await attack()
    }
    expect((await api.visitor({ address: HOME }).logIn(email)).status).toBe(200)
  })

  test('locks nobody out of a network from which they have logged in', async ({ open, db }) => {
    const api = await open(LIMITED)
    const { email } = await newUser(db)
    expect((await api.visitor({ address: HOME }).logIn(email)).status).toBe(200)
    for (let nth = 0; nth < 30; nth += 1) {
      await api.visitor(from(nth)).logIn(email, 'wrong password')
    }
    expect((await api.visitor(from(31)).logIn(email)).status).toBe(429)
    for (let count = 0; count < 3; count += 1) {
      expect((await api.visitor({ address: HOME }).logIn(email)).status).toBe(200)
    }
    expect((await api.visitor(from(31)).logIn(email)).status).toBe(429)
  })

  test('counts in such a network too, for itself', async ({ open, db }) => {
    const api = await open(LIMITED)
    const { email } = await newUser(db)
    const home = () => api.visitor({ address: HOME })
    expect((await home().logIn(email)).status).toBe(200)
    for (let nth = 0; nth < 12; nth += 1) {
      await api.visitor(from(nth)).logIn(email, 'wrong password')
    }
    for (let count = 0; count < 10; count += 1) {
      expect((await home().logIn(email, 'wrong password')).status).toBe(401)
    }
    api.clock.advance(60_000)
    expect((await api.visitor(from(40)).logIn(email, 'wrong password')).status).toBe(401)
    expect((await home().logIn(email)).status).toBe(429)
    api.clock.advance(5_000)
    expect((await home().logIn(email)).status).toBe(200)
  })

  test('is not lifted for a network whose login a new password ended', async ({ open, db }) => {
    const api = await open(LIMITED)
    const { email } = await newUser(db)
    const thief = api.visitor({ address: HOME })
    expect((await thief.logIn(email)).status).toBe(200)
    const owner = api.visitor(from(99))
    expect((await owner.logIn(email)).status).toBe(200)
    const change = { current_password: PASSWORD, new_password: 'correct horse battery' }
    expect((await owner.post('/auth/password', change)).status).toBe(200)
    for (let nth = 0; nth < 12; nth += 1) {
      await api.visitor(from(nth)).logIn(email, 'wrong password')
    }
    expect((await api.visitor({ address: HOME }).logIn(email)).status).toBe(429)
    const answer = await api.visitor(from(99)).logIn(email, change.new_password)
    expect(answer.status).toBe(200)
  })

  test('does not count what hashing had no room for', async ({ open, db }) => {
    const full = async () => {
      throw new DomainError('service_unavailable', { detail: 'Too many people are signing in.' })
    }
    const api = await open({ ...LIMITED, hashing: { hash: full, verify: full } })
    const { email } = await newUser(db)
    for (let nth = 0; nth < 15; nth += 1) {
      expect((await api.visitor(from(nth)).logIn(email)).status).toBe(503)
    }
  })

  test('is no limit of log-ins that work', async ({ open, db }) => {
    const api = await open(LIMITED)
    const { email } = await newUser(db)
    for (let nth = 0; nth < 15; nth += 1) {
      expect((await api.visitor(from(nth)).logIn(email)).status).toBe(200)
    }
  })

  test('holds for the current password too, and not against who logs in meanwhile', async ({
    open,
    db,
  }) => {
    const api = await open(LIMITED)
    const { email } = await newUser(db)
    const thief = api.visitor({ address: HOME })
    await thief.logIn(email)
    const guess = (nth: number) =>
      thief.post('/auth/password', {
        current_password: `wrong ${nth}`,
        new_password: 'correct horse battery',
      })
    for (let nth = 0; nth < 9; nth += 1) expect((await guess(nth)).status).toBe(401)
    api.clock.advance(60_000)
    expect([(await guess(9)).status, (await guess(10)).status]).toEqual([401, 429])
    expect((await api.visitor(from(1)).logIn(email)).status).toBe(200)
  })
})
