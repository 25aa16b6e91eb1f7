import { SESSION_COOKIE } from '@medforge/contracts'
import { describe, expect } from 'vitest'
import { signIn } from '../admin/admin.ts'
import { test } from '../app.ts'

describe('an answer that is no success', () => {
  test.for([
    { method: 'GET', path: '/no-such-route' },
    { method: 'POST', path: '/no-such-route' },
    { method: 'GET', path: '!/' },
    { method: 'GET', path: '!/api/v2/me' },
    { method: 'GET', path: '/me/' },
    { method: 'GET', path: '/ME' },
    { method: 'GET', path: `/${'x'.repeat(2000)}` },
    { method: 'OPTIONS', path: '/no-such-route' },
  ] as const)('is 404 for $method $path', async ({ method, path }, { api }) => {
    const answer = await api.visitor().ask(path, { method })
    expect(answer.status).toBe(404)
    expect(answer.problem().code).toBe('not_found')
  })

  test('is 400 for a path that cannot be decoded', async ({ api }) => {
    const answer = await api.visitor().get('/%zz')
    expect(answer.status).toBe(400)
    expect(answer.problem().code).toBe('bad_request')
  })

  test('is 404 for an unknown route whatever its body is', async ({ api }) => {
    const headers = { 'content-type': 'text/xml' }
    const answer = await api.visitor().post('/no-such-route', '<x/>', headers)
    expect(answer.status).toBe(404)
  })

  test('names the path of the request without its query', async ({ api }) => {
    const answer = await api.visitor().get('/nowhere?email=ada@example.org')
    expect(answer.problem().instance).toBe('/api/v1/nowhere')
    expect(answer.text).not.toContain('ada@example.org')
  })

  test.for([
    { method: 'DELETE', path: '/auth/login', allow: 'POST' },
    { method: 'GET', path: '/auth/login', allow: 'POST' },
    { method: 'POST', path: '/me', allow: 'GET, HEAD, PATCH' },
    { method: 'PUT', path: '!/healthz', allow: 'GET, HEAD' },
  ] as const)('is 405 for $method $path and says what is allowed', async (ask, { api }) => {
    const answer = await api.visitor().ask(ask.path, { method: ask.method })
    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe(ask.allow)
    expect(answer.problem().code).toBe('method_not_allowed')
  })

  test.for([
    { note: 'broken JSON', body: '{"email": "a@b.test",' },
    { note: 'a lone word', body: 'email' },
    { note: 'bytes that are no UTF-8', body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) },
  ])('is 422 for $note', async ({ body }, { api }) => {
    const answer = await api.visitor().post('/auth/login', body)
    expect(answer.status).toBe(422)
    expect(answer.problem().code).toBe('request_validation_failed')
  })

  test('lists every field that does not fit', async ({ api }) => {
    const answer = await api.visitor().post('/auth/login', { email: 7 })
    expect(answer.status).toBe(422)
    expect(answer.problem()).toMatchObject({
      detail: 'The request is not valid: body.password is required (and 1 more, see errors).',
      errors: [
        { loc: ['body', 'password'], msg: 'is required', type: 'value_error.missing' },
        { loc: ['body', 'email'], msg: 'must be a string', type: 'type_error.string' },
      ],
    })
  })

  test('is 422 for every PATCH without a field that it knows, and names those', async ({
    api,
    db,
  }) => {
    const { visitor, userId } = await signIn(api, db, { role: 'admin' })
    const { paths } = JSON.parse((await visitor.get('!/openapi.json')).text)
    const patched = Object.keys(paths).filter((path) => 'patch' in paths[path])
    expect(patched.length).toBeGreaterThan(2)
    for (const path of patched) {
      const url = path
        .replace('{user_id}', userId)
        .replace('{gpu_id}', '0')
        .replace('{slug}', 'titanic-survival')
        .replace('{submission_id}', userId)
      for (const body of [{}, { unknown: 1 }]) {
        const answer = await visitor.ask(`!${url}`, { method: 'PATCH', body })
        const { code, errors } = answer.problem()
        expect([path, answer.status, code]).toEqual([path, 422, 'request_validation_failed'])
        expect(errors).toEqual([expect.objectContaining({ type: 'value_error.missing' })])
      }
    }
    const nothing = await visitor.ask(`/admin/users/${userId}`, { method: 'PATCH', body: {} })
    expect(nothing.problem().errors).toEqual([
      {
        loc: ['body'],
        msg: 'needs at least one of: role, max_concurrent_sessions, limits, is_disabled',
        type: 'value_error.missing',
      },
    ])
  })

  test('is 413 for JSON over 64 KiB', async ({ api }) => {
    const body = { email: 'ada@example.org', password: 'x'.repeat(65 * 1024) }
    const answer = await api.visitor().post('/auth/login', body)
    expect([answer.status, answer.problem().code]).toEqual([413, 'payload_too_large'])
  })

  test.for([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'nonsense',
  ])('is 415 for a body of %s', async (type, { api }) => {
    const answer = await api.visitor().post('/auth/login', '{}', { 'content-type': type })
    expect([answer.status, answer.problem().code]).toEqual([415, 'unsupported_media_type'])
  })

  test('ignores keys that nobody knows, those of prototypes too', async ({ api }) => {
    const body =
      '{"email":"ada@example.org","password":"eight or more","__proto__":{"role":"admin"},"constructor":{"prototype":{"role":"admin"}},"x":1}'
    const answer = await api.visitor().post('/auth/signup', body)
    expect(answer.data()).toMatchObject({ role: 'user' })
  })

  test('is 500 without a cause when something is broken, and the log knows why', async ({
    open,
    expectedErrors,
  }) => {
    expectedErrors.add('request failed')
    const api = await open({
      arrange: ({ platform }) => {
        platform.readStatus = () => Promise.reject(new Error('secret /srv/path'))
      },
    })
    const answer = await api.visitor().get('/status')
    expect(answer.status).toBe(500)
    expect(answer.problem().code).toBe('internal_error')
    expect(answer.text).not.toMatch(/secret|srv|Error|at /)
    const line = api.logs.find(({ msg }) => msg === 'request failed')
    expect(line).toMatchObject({
      request_id: answer.headers['x-request-id'],
      err: { message: 'secret /srv/path' },
    })
  })

  test('is 503 with Retry-After while the database is away', async ({ open }) => {
    const api = await open({ env: { DATABASE_URL: 'mysql://x:x@127.0.0.1:1/x' } })
    const body = { email: 'ada@example.org', password: 'eight or more' }
    const answer = await api.visitor().post('/auth/login', body)
    expect([answer.status, answer.problem().code]).toEqual([503, 'service_unavailable'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.text).not.toContain('127.0.0.1')
  })

  test.for([
    { method: 'GET', path: '/me', can: 'right now. Try again in a moment.' },
    { method: 'POST', path: '/sessions', can: 'look before you try again.' },
    {
      method: 'POST',
      path: '/competitions/titanic-survival/submissions',
      can: 'With an Idempotency-Key, trying again never counts twice.',
    },
  ] as const)(
    'claims of $method $path only what is known when the database goes away',
    async ({ method, path, can }, { open }) => {
      const api = await open({ env: { DATABASE_URL: 'mysql://x:x@127.0.0.1:1/x' } })
      const headers = { cookie: `${SESSION_COOKIE}=${'x'.repeat(64)}` }
      const { detail } = (await api.visitor().ask(path, { method, headers })).problem()
      expect(detail.endsWith(can), detail).toBe(true)
      expect(detail.includes('may or may not have been done')).toBe(method === 'POST')
    },
  )
})

describe('every answer', () => {
  test('has a request id of its own, whatever the client sent', async ({ api }) => {
    const mine = '11111111-1111-4111-8111-111111111111'
    const visitor = api.visitor()
    const ids = new Set<string | undefined>()
    for (const path of ['/status', '/me', '/nowhere', '!/healthz', '!/docs', '!/openapi.json']) {
      ids.add((await visitor.get(path, { 'x-request-id': mine })).headers['x-request-id'])
    }
    expect(ids.size).toBe(6)
    expect(ids).not.toContain(mine)
  })

  test('puts its request id into the lines that it logs', async ({ api }) => {
    const answer = await api.visitor().get('/me')
    const line = api.logs.find(({ msg }) => msg === 'http.request')
    expect(line).toMatchObject({
      request_id: answer.headers['x-request-id'],
      route: '/api/v1/me',
      status: 401,
    })
  })

  test('is neither cached, nor sniffed, nor framed', async ({ api }) => {
    for (const path of ['/me', '/status', '/nowhere']) {
      expect((await api.visitor().get(path)).headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
      })
    }
  })
})
