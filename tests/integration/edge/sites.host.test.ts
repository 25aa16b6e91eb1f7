import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SLUG, valuesOf } from './backend.ts'
import { API, DOMAIN, type Edge, SESSION, startEdge, WEB } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

describe('hosts', () => {
  test('each reach their own server, with the host kept', async () => {
    for (const [host, backend] of [
      [WEB, edge.web],
      [API, edge.api],
      [SESSION, edge.session],
    ] as const) {
      edge.reset()
      expect((await edge.ask({ host })).status).toBe(200)
      expect(valuesOf(backend.seen.at(-1), 'host')).toEqual([host])
    }
  })

  test.each([
    `${WEB}.`,
    `${SESSION}.`,
    `a.${SESSION}`,
    `medforge.${DOMAIN}.evil.example`,
    `xmedforge.${DOMAIN}`,
    DOMAIN,
    'evil.example',
    '127.0.0.1',
    'localhost',
  ])('that are not ours are refused with 421: %s', async (host) => {
    const answer = await edge.ask({ host, serverName: WEB })
    expect(answer.status).toBe(421)
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect([edge.web.seen, edge.api.seen, edge.session.seen]).toEqual([[], [], []])
  })

  test('on plain http are sent to https, and strangers refused', async () => {
    const answer = await edge.askPlain(WEB, '/competitions?x=1')
    expect(answer.status).toBe(308)
    expect(answer.headers.location).toBe(`https://${WEB}/competitions?x=1`)
    expect(answer.headers['x-request-id']).toBeTruthy()
    expect((await edge.askPlain(SESSION, '/')).status).toBe(308)
    expect((await edge.askPlain('evil.example', '/')).status).toBe(421)
    expect((await edge.askPlain('s-x.medforge.evil.example', '/')).status).toBe(421)
  })
})

describe('the API site', () => {
  test('passes an upload whole', async () => {
    const body = 'x'.repeat(3_000_000)
    const path = '/api/v1/competitions/titanic-survival/submissions'
    const answer = await edge.ask({ host: API, path, method: 'POST', body })
    expect(answer.status).toBe(200)
    expect(edge.api.seen.at(-1)?.body.length).toBe(body.length)
  })

  test('passes server-sent events as they come', async () => {
    edge.api.reply = () => ({
      headers: { 'content-type': 'text/event-stream' },
      body: 'id: 1\ndata: starting\n\n',
      hold: true,
    })
    const text = await edge.raw(API, `GET /events HTTP/1.1\r\nHost: ${API}\r\n\r\n`, 500)
    expect(text).toContain('data: starting')
  })

  test('keeps the API’s own headers and adds what protects a browser', async () => {
    edge.api.reply = () => ({
      headers: {
        'x-request-id': 'own',
        'content-security-policy': "default-src 'self'",
        'cache-control': 'max-age=5',
      },
    })
    const { headers } = await edge.ask({ host: API })
    expect(headers['x-request-id']).toBe('own')
    expect(headers['content-security-policy']).toBe("default-src 'self'")
    expect(headers['cache-control']).toBe('max-age=5')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['x-frame-options']).toBe('DENY')
    expect(headers['strict-transport-security']).toBeUndefined()
    expect(headers['alt-svc']).toBeUndefined()
    expect(headers.server).toBeUndefined()
  })

  test('believes no client about its address', async () => {
    await edge.ask({
      host: API,
      headers: { 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '6.6.6.6', forwarded: 'for=6.6.6.6' },
    })
    const [seen] = edge.api.seen
    expect(valuesOf(seen, 'x-forwarded-for').join()).toMatch(/^127\.[\d.]+$/)
    expect(JSON.stringify(seen)).not.toContain('6.6.6.6')
  })

  test('never lets a connection change its protocol', async () => {
    const text = await edge.raw(
      API,
      `GET / HTTP/1.1\r\nHost: ${API}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      500,
    )
    expect(text).toMatch(/^HTTP\/1.1 200 /)
    expect(valuesOf(edge.api.seen[0], 'upgrade')).toEqual([])
  })
})

describe('an API that is away', () => {
  test('is told as a problem that the web app may read', async () => {
    edge.api.reply = () => ({ drop: true })
    const answer = await edge.ask({ host: API, headers: { origin: `https://${WEB}` } })
    expect(answer.status).toBe(503)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.headers['access-control-allow-origin']).toBe(`https://${WEB}`)
    expect(answer.headers['access-control-allow-credentials']).toBe('true')
    expect(answer.headers['retry-after']).toBe('5')
    const problem: unknown = JSON.parse(answer.text)
    expect(problem).toMatchObject({
      type: 'https://medforge.dev/problems/http/unavailable',
      code: 'service_unavailable',
      status: 503,
      request_id: answer.headers['x-request-id'],
    })
  })

  test('is told to no other page', async () => {
    edge.api.reply = () => ({ drop: true })
    const answer = await edge.ask({ host: API, headers: { origin: `https://${SESSION}` } })
    expect(answer.status).toBe(503)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })
})

describe('a web app that is away', () => {
  test('is told as a page that tries again', async () => {
    edge.web.reply = () => ({ drop: true })
    const answer = await edge.ask({ host: WEB, headers: { accept: 'text/html' } })
    expect(answer.status).toBe(502)
    expect(answer.headers.refresh).toBe('5')
    expect(answer.text).toContain('This page tries again by itself')
  })
})

describe('the readiness listener', () => {
  test('answers the API and nobody else', async () => {
    expect(await edge.askProbe(`/probe/mf-session-${SLUG}`, 'api')).toBe(200)
    expect(edge.session.seen[0]).toMatchObject({ method: 'GET', url: '/healthz' })
    expect(await edge.askProbe(`/probe/mf-session-${SLUG}/healthz`, 'api')).toBe(200)
    expect(await edge.askProbe(`/probe/mf-session-${SLUG}`, 'stranger')).toBe(403)
  })

  test.each([
    '/probe/medforge-db',
    `/probe/mf-session-${SLUG}/terminals`,
    `/probe/mf-session-${SLUG}:22`,
    `/probe/mf-session-${SLUG}.evil`,
    '/probe/mf-session-ABCDEFGH',
    '/',
  ])('reaches nothing but a session’s health: %s', async (path) => {
    expect(await edge.askProbe(path, 'api')).toBe(404)
    expect(edge.session.seen).toEqual([])
  })

  test('is 502 while the session does not answer', async () => {
    expect(await edge.askProbe('/probe/mf-session-cccccccc', 'api')).toBe(502)
  })
})

describe('certificates on demand', () => {
  test('are for hosts of running sessions alone', async () => {
    expect(await edge.mayCertify(SESSION)).toBe(true)
    for (const host of [
      `s-cccccccc.medforge.${DOMAIN}`,
      `s-${SLUG}.medforge.evil.example`,
      `a.${SESSION}`,
      WEB,
      '',
    ]) {
      expect(await edge.mayCertify(host), host).toBe(false)
    }
  })
})
