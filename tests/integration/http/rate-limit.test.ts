import { newUser } from '@medforge/test-support'
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
      api.monotonic.nowMs = count * 1000
      const answer = await attempt(count % 2 ? '/auth/login' : '/auth/signup')
      expect(answer.status).toBe(422)
    }
    api.monotonic.nowMs = 9500
    const refused = await attempt('/auth/login')
    expect([refused.status, refused.problem().code]).toEqual([429, 'rate_limit_exceeded'])
    expect(refused.headers['retry-after']).toBe('51')
    api.monotonic.nowMs = 9500 + 50_000
    expect((await attempt('/auth/signup')).status).toBe(429)
    api.monotonic.nowMs = 9500 + 51_000
    expect((await attempt('/auth/signup')).status).toBe(422)
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
    expect((await visitor.logIn(email)).status).toBe(429)
    for (let count = 0; count < 5; count += 1) {
      expect((await visitor.get('/me')).status).toBe(200)
    }
    expect((await visitor.post('/auth/logout')).status).toBe(200)
  })
})
