import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { allow, type Edge, exchange, SESSION, SLUG, startEdge, valuesOf, WEB } from './edge.ts'

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

describe('asking the API', () => {
  test('sends the original host, no query, no body, and always GET', async () => {
    await edge.ask({ host: SESSION, path: '/api/kernels?a=1&b=/x', method: 'POST', body: 'hello' })
    const [asked] = edge.api.seen
    expect(asked).toMatchObject({ method: 'GET', url: '/api/v1/auth/session-proxy', body: '' })
    expect(valuesOf(asked, 'host')).toEqual([SESSION])
    expect(edge.session.seen[0]).toMatchObject({
      method: 'POST',
      body: 'hello',
      url: '/api/kernels?a=1&b=/x',
    })
  })

  test('passes Origin and fetch metadata to both, untouched', async () => {
    const headers = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'same-site' }
    await edge.ask({ host: SESSION, headers })
    for (const seen of [edge.api.seen[0], edge.session.seen[0]]) {
      expect(valuesOf(seen, 'origin')).toEqual(['https://elsewhere.example'])
      expect(valuesOf(seen, 'sec-fetch-site')).toEqual(['same-site'])
    }
  })

  test('hides an upgrade from the API and carries it to the session', async () => {
    const socket = await edge.connect(SESSION)
    const opened = await exchange(
      socket,
      `GET /ws HTTP/1.1\r\nHost: ${SESSION}\r\nOrigin: https://${SESSION}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      { until: '\r\n\r\n' },
    )
    expect(opened).toMatch(/^HTTP\/1.1 101 /)
    expect(await exchange(socket, 'ping-through', { until: 'ping-through' })).toBe('ping-through')
    socket.destroy()
    expect(valuesOf(edge.api.seen[0], 'upgrade')).toEqual([])
    expect(valuesOf(edge.api.seen[0], 'connection').join()).not.toMatch(/upgrade/i)
    expect(valuesOf(edge.session.seen[0], 'origin')).toEqual([`https://${SESSION}`])
  })

  test('comes before every request, so a second one on the same connection is asked about too', async () => {
    const one = `GET /1 HTTP/1.1\r\nHost: ${SESSION}\r\n\r\n`
    await edge.raw(SESSION, one + one.replace('/1', '/2'), 600)
    expect(edge.api.seen).toHaveLength(2)
  })
})

describe('headers that could choose an upstream or an identity', () => {
  const claims = {
    'X-Upstream': 'mf-session-zzzzzzzz:8080',
    X_Upstream: 'mf-session-zzzzzzzz:8080',
    'X-Forwarded-Uri': '/evil',
    'X-Forwarded-Method': 'DELETE',
    'X-Forwarded-Prefix': '/evil',
    'X-Forwarded-Port': '1',
    'X-Forwarded-Server': 'evil',
    'X-Forwarded-User': 'evil',
    X_Forwarded_Host: 'evil',
    Forwarded: 'for=evil;host=evil',
    'X-Real-Ip': '6.6.6.6',
    'X-Original-Url': '/evil',
    'X-Rewrite-Url': '/evil',
    'X-Http-Method-Override': 'DELETE',
    'X-Medforge-Request-Id': 'evil',
    'X-Request-Id': 'evil',
    'True-Client-Ip': '6.6.6.6',
    Proxy: 'http://evil',
  }

  test('are gone before the API and the session see the request', async () => {
    await edge.ask({ host: SESSION, headers: claims })
    for (const seen of [edge.api.seen[0], edge.session.seen[0]]) {
      const text = JSON.stringify(seen?.headers.filter(([name]) => name !== 'X-Forwarded-For'))
      expect(text).not.toMatch(/evil|6\.6\.6\.6|zzzzzzzz|X_|DELETE/i)
    }
  })

  test('are replaced by the truth where Caddy sets them', async () => {
    const headers = {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil',
      'x-forwarded-proto': 'http',
    }
    await edge.ask({ host: SESSION, headers })
    const [asked] = edge.api.seen
    expect(valuesOf(asked, 'x-forwarded-for').join()).toMatch(/^127\.[\d.]+$/)
    expect(valuesOf(asked, 'x-forwarded-host')).toEqual([SESSION])
    expect(valuesOf(asked, 'x-forwarded-proto')).toEqual(['https'])
  })

  test('do not come back by naming them in Connection', async () => {
    await edge.raw(
      SESSION,
      `GET / HTTP/1.1\r\nHost: ${SESSION}\r\nX-Upstream: evil\r\nConnection: X-Upstream, X-Forwarded-Host, close\r\n\r\n`,
    )
    expect(JSON.stringify(edge.session.seen)).not.toContain('evil')
    expect(valuesOf(edge.api.seen[0], 'x-forwarded-host')).toEqual([SESSION])
  })
})

describe('what the API names as upstream', () => {
  test.each([
    { note: 'nothing', value: undefined },
    { note: 'an empty value', value: '' },
    { note: 'another port', value: `mf-session-${SLUG}:22` },
    { note: 'another host', value: 'medforge-db:3306' },
    { note: 'an address', value: '127.0.0.1:8080' },
    { note: 'a socket', value: 'unix//var/run/docker.sock' },
    { note: 'a longer name', value: `mf-session-${SLUG}.evil.example:8080` },
    { note: 'a slug with other letters', value: 'mf-session-AAAA0189:8080' },
    { note: 'two values', value: [`mf-session-${SLUG}:8080`, 'evil:8080'] },
  ])('is refused with 502 when it is $note', async ({ value }) => {
    edge.api.reply = () => ({
      status: 200,
      headers: value === undefined ? {} : { 'x-upstream': value },
    })
    const answer = await edge.ask({
      host: SESSION,
      headers: { 'x-upstream': `mf-session-${SLUG}:8080` },
    })
    expect(answer.status).toBe(502)
    expect(edge.session.seen).toEqual([])
  })

  test('is not shown to the client', async () => {
    const answer = await edge.ask({ host: SESSION })
    expect(answer.headers['x-upstream']).toBeUndefined()
    expect(valuesOf(edge.session.seen[0], 'x-upstream')).toEqual([])
  })

  test('is 502 when the container does not answer', async () => {
    edge.api.reply = () => ({ status: 200, headers: { 'x-upstream': 'mf-session-cccccccc:8080' } })
    expect((await edge.ask({ host: SESSION })).status).toBe(502)
  })
})

describe('the internal address', () => {
  test.each([
    '/api/v1/auth/session-proxy',
    '/api/v1/auth/session-proxy?x=1',
    '/api/v1/auth/session-proxy/',
    '/api/v1/auth/session-proxy;x',
    '/api/v1/auth/%73ession-proxy',
    '/api/v1/auth%2fsession-proxy',
    '/api/v1//auth/session-proxy',
    '//api/v1/auth/session-proxy',
    '/x/../api/v1/auth/session-proxy',
    '/api/v1/auth/%2e%2e/auth/session-proxy',
    '/api/v1/./auth/session-proxy',
    '/API/v1/Auth/Session-Proxy',
  ])('is refused with 403 before anybody is asked: %s', async (path) => {
    const text = await edge.raw(
      SESSION,
      `GET ${path} HTTP/1.1\r\nHost: ${SESSION}\r\nConnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1.1 403 /)
    expect(edge.api.seen).toEqual([])
    expect(edge.session.seen).toEqual([])
  })

  test.each([
    '/api/v1/auth/session-proxies',
    '/api/v1/auth/session-proxy/more',
    '/x/api/v1/auth/session-proxy',
  ])('is exactly that one: %s is the session’s own', async (path) => {
    expect((await edge.ask({ host: SESSION, path })).status).toBe(200)
  })
})

describe('a refusal by the API', () => {
  const problem = (status: number) => ({
    status,
    headers: {
      'content-type': 'application/problem+json',
      'x-request-id': 'id-of-the-api',
      'clear-site-data': '"cookies"',
    },
    body: `{"status":${status},"detail":"from the API"}`,
  })

  test.each([401, 403, 404, 503])('reaches a program as the API wrote it: %i', async (status) => {
    edge.api.reply = () => problem(status)
    const answer = await edge.ask({ host: SESSION, headers: { accept: '*/*' } })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.headers['x-request-id']).toBe('id-of-the-api')
    expect(JSON.parse(answer.text)).toEqual({ status, detail: 'from the API' })
    expect(edge.session.seen).toEqual([])
  })

  test.each([
    { status: 401, says: 'Sign in', link: `https://${WEB}/login?next=%2Fdashboard` },
    { status: 403, says: 'not yours', link: `https://${WEB}/dashboard` },
    { status: 404, says: 'not running', link: `https://${WEB}/dashboard` },
    { status: 503, says: 'not ready', link: `https://${WEB}/` },
  ])('reaches a person as a page with the same status: $status', async ({ status, says, link }) => {
    edge.api.reply = () => problem(status)
    const answer = await edge.ask({ host: SESSION, headers: PAGE })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toContain('text/html')
    expect(answer.headers['x-request-id']).toBe('id-of-the-api')
    expect(answer.text).toContain('Request id-of-the-api')
    // Only what may get better by itself is loaded again.
    expect(answer.headers.refresh).toBe(status === 503 ? '5' : undefined)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.text).toContain(says)
    expect(answer.text).toContain(`href="${link}"`)
    expect(answer.text).not.toMatch(/\{(args|http|rp|err)/)
  })

  test('keeps the order to clear an ambiguous cookie', async () => {
    edge.api.reply = () => problem(401)
    const answer = await edge.ask({ host: SESSION, headers: PAGE })
    expect(answer.headers['clear-site-data']).toBe('"cookies"')
  })

  test('never names an upstream and sets no cookie', async () => {
    edge.api.reply = () => ({ status: 403, headers: { 'x-upstream': 'x', 'set-cookie': 'a=1' } })
    const answer = await edge.ask({ host: SESSION })
    expect(answer.headers['x-upstream']).toBeUndefined()
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('shows pages for 502 too', async () => {
    edge.api.reply = () => ({ status: 200 })
    const answer = await edge.ask({ host: SESSION, headers: PAGE })
    expect(answer.status).toBe(502)
    expect(answer.text).toContain('does not answer yet')
    expect(answer.headers['x-request-id']).toBeTruthy()
  })
})

describe('an API that hangs', () => {
  test('costs a visitor less than three seconds and lets nobody in', async () => {
    edge.api.reply = () => ({ hang: true })
    const startedAt = Date.now()
    const answer = await edge.ask({ host: SESSION })
    expect(answer.status).toBe(504)
    expect(Date.now() - startedAt).toBeLessThan(3_000)
    expect(edge.session.seen).toEqual([])
  })
})

describe('a session’s answer', () => {
  test('passes its body byte for byte, and its status', async () => {
    const body = 'ü'.repeat(5_000)
    edge.session.reply = () => ({ status: 418, headers: { 'content-type': 'text/plain' }, body })
    const answer = await edge.ask({ host: SESSION, headers: { 'accept-encoding': 'gzip' } })
    expect(answer.status).toBe(418)
    expect(answer.text).toBe(body)
    expect(answer.headers['content-encoding']).toBeUndefined()
  })

  test('carries the id under which the API let the request pass', async () => {
    edge.session.reply = () => ({ headers: { 'x-request-id': 'made up' } })
    expect((await edge.ask({ host: SESSION })).headers['x-request-id']).toBe('id-of-the-api')
  })

  test('loses every header that reaches beyond its page', async () => {
    const sent = {
      'service-worker-allowed': '/',
      'clear-site-data': '"*"',
      'strict-transport-security': 'max-age=1; includeSubDomains',
      'public-key-pins': 'x',
      'expect-ct': 'x',
      'alt-svc': 'h3=":443"',
      nel: '{}',
      'report-to': '{}',
      'access-control-allow-credentials': 'true',
      'x-upstream': 'evil',
    }
    edge.session.reply = () => ({ headers: { ...sent, etag: '"1"' } })
    const { headers } = await edge.ask({ host: SESSION })
    for (const name of Object.keys(sent)) expect(headers[name], name).toBeUndefined()
    expect(headers.etag).toBe('"1"')
  })

  test('is not asked for at all with methods and upgrades that are not served', async () => {
    for (const method of ['TRACE', 'TRACK']) {
      const text = await edge.raw(
        SESSION,
        `${method} / HTTP/1.1\r\nHost: ${SESSION}\r\nConnection: close\r\n\r\n`,
      )
      expect(text).toMatch(/^HTTP\/1.1 405 /)
    }
    const h2c = await edge.raw(
      SESSION,
      `GET / HTTP/1.1\r\nHost: ${SESSION}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
    )
    expect(h2c).toMatch(/^HTTP\/1.1 400 /)
    const connect = await edge.raw(
      SESSION,
      `CONNECT ${SESSION}:8080 HTTP/1.1\r\nHost: ${SESSION}\r\n\r\n`,
    )
    expect(connect).toMatch(/^HTTP\/1.1 4\d\d /)
    expect(edge.api.seen).toEqual([])
    expect(edge.session.seen).toEqual([])
  })
})

describe('slugs in host names', () => {
  test('may be written in capitals', async () => {
    expect((await edge.ask({ host: SESSION.toUpperCase(), serverName: SESSION })).status).toBe(200)
    expect((await edge.ask({ host: `${SESSION}:443`, serverName: SESSION })).status).toBe(200)
  })

  test('are decided by the API alone, whatever the name is', async () => {
    edge.api.reply = (seen) => (valuesOf(seen, 'host')[0] === SESSION ? allow() : { status: 404 })
    expect((await edge.ask({ host: 'grafana.medforge.edge.test' })).status).toBe(404)
  })
})
