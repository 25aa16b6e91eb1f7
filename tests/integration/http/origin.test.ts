import { newUser, PASSWORD } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { test } from '../app.ts'

const ALLOWED = [
  'https://medforge.localhost',
  'https://api.medforge.localhost',
  'http://medforge.localhost',
  'http://medforge.localhost:3000',
  'https://docs.medforge.localhost:8443',
  'https://s-origintest.medforge.localhost',
]
const REFUSED = [
  'null',
  '',
  'https://evil.example',
  'https://medforge.localhost.evil.example',
  'https://evilmedforge.localhost',
  'https://localhost',
  'https://s-abcdefgh.medforge.localhost',
  'https://s-01234567.medforge.localhost',
  'https://S-ABCDEFGH.MEDFORGE.LOCALHOST',
  'https://x.s-abcdefgh.medforge.localhost',
  'ftp://medforge.localhost',
  'file://',
  'https://medforge.localhost/',
  'https://medforge.localhost@evil.example',
  'https://user@medforge.localhost',
  'https://medforge.localhost:99999999',
  'https://.medforge.localhost',
  'https://medforge.localhost, https://evil.example',
  'medforge.localhost',
]
const WRITES = ['/auth/signup', '/auth/login', '/auth/logout']

describe('the origin guard', () => {
  test.for(WRITES)('stands before %s', async (path, { api, db }) => {
    const { email } = await newUser(db)
    const body = { email, password: PASSWORD }
    for (const origin of REFUSED) {
      const answer = await api.visitor().post(path, body, { origin })
      expect(answer.status, origin).toBe(403)
      expect(answer.problem()).toMatchObject({
        code: 'origin_not_allowed',
        detail: 'Request origin is not allowed.',
      })
      expect(answer.setCookies).toEqual([])
    }
    for (const origin of ALLOWED) {
      expect((await api.visitor().post(path, body, { origin })).status, origin).not.toBe(403)
    }
  })

  test('stands before every route that changes something', async ({ api }) => {
    type Document = { paths: Record<string, Record<string, object>> }
    const document: Document = JSON.parse((await api.visitor().get('!/openapi.json')).text)
    const changes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get')
        .map((method) => ({ path, method: method.toUpperCase() as 'POST' | 'PATCH' | 'DELETE' })),
    )
    expect(changes.length).toBeGreaterThan(10)
    const headers = { origin: 'https://s-abcdefgh.medforge.localhost' }
    for (const { path, method } of changes) {
      const answer = await api
        .visitor()
        .ask(`!${path.replace(/\{\w+\}/g, 'x')}`, { method, headers })
      expect([method, path, answer.status, answer.problem().code]).toEqual([
        method,
        path,
        403,
        'origin_not_allowed',
      ])
    }
  })

  test('lets clients that are no browsers through, unless the browser says cross-site', async ({
    api,
    db,
  }) => {
    const { email } = await newUser(db)
    const ask = (headers: Record<string, string>) =>
      api.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        headers,
        payload: { email, password: PASSWORD },
      })
    expect((await ask({})).statusCode).toBe(200)
    expect((await ask({ 'sec-fetch-site': 'same-origin' })).statusCode).toBe(200)
    expect((await ask({ 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403)
  })

  test('comes after the JSON was read and before the attempt is counted', async ({ open }) => {
    const api = await open({ env: { AUTH_RATE_LIMIT: '1' } })
    const evil = { origin: 'https://evil.example' }
    const broken = await api.visitor().post('/auth/login', '{"email":', evil)
    expect(broken.status).toBe(422)
    for (const _ of [1, 2, 3]) {
      expect((await api.visitor().post('/auth/login', {}, evil)).status).toBe(403)
    }
    expect((await api.visitor().post('/auth/login', {})).status).toBe(422)
    expect((await api.visitor().post('/auth/login', {})).status).toBe(429)
  })
})

describe('CORS', () => {
  test('lets pages of the web origin read answers with credentials', async ({ api }) => {
    for (const path of ['/me', '/status', '/no-such-route']) {
      const { headers } = await api.visitor().get(path, { origin: 'https://medforge.localhost' })
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'https://medforge.localhost',
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'X-Request-Id, Retry-After',
        vary: 'Origin',
      })
    }
  })

  test.for([
    'https://api.medforge.localhost',
    'https://s-abcdefgh.medforge.localhost',
    'http://medforge.localhost',
    'https://medforge.localhost:8443',
    'https://evil.example',
    'null',
  ])('lets no page of %s read anything', async (origin, { api }) => {
    const answer = await api.visitor().get('/status', { origin })
    expect(answer.status).toBe(200)
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
    expect(answer.headers.vary).toBe('Origin')
  })

  test('answers a preflight of the web origin with what the path knows', async ({ api }) => {
    const answer = await api.visitor().ask('/auth/login', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://medforge.localhost',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://medforge.localhost',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
    })
    expect(answer.headers['access-control-allow-headers']).toContain('Content-Type')
  })

  test('grants a preflight of anybody else nothing', async ({ api }) => {
    const { headers } = await api.visitor().ask('/auth/login', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})
