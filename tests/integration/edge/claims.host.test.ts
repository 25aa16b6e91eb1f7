import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Seen, valuesOf } from './backend.ts'
import { type Edge, SESSION, startEdge } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

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
    'X-Medforge-Client': 'evil',
    X_Medforge_Client: 'evil',
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

  test('are gone however often they come, in either spelling, in capitals or not', async () => {
    const evil = ['evil-1', 'evil-2']
    const headers = {
      'x-upstream': evil,
      'X-UPSTREAM_': 'evil',
      x_upstream: evil,
      'X_Forwarded-For': evil,
      'x-forwarded-method': evil,
      'x-forwarded-client-cert': evil,
      'x-medforge-user': evil,
      'x-original-host': evil,
    }
    for (const ask of [edge.ask, edge.askHttp2]) {
      edge.reset()
      expect((await ask({ host: SESSION, headers: { ...headers, 'x-own': 'kept' } })).status).toBe(
        200,
      )
      expect(valuesOf(edge.session.seen[0], 'x-own')).toEqual(['kept'])
      for (const seen of [edge.api.seen[0], edge.session.seen[0]]) {
        const left = seen?.headers.filter(
          ([name]) => name !== 'X-Upstream_' && name !== 'X-UPSTREAM_',
        )
        expect(JSON.stringify(left)).not.toContain('evil')
      }
    }
  })
})

describe('the truth about a request', () => {
  const truth = (seen: Seen | undefined) => ({
    host: valuesOf(seen, 'host'),
    method: valuesOf(seen, 'x-forwarded-method'),
    forwardedHost: valuesOf(seen, 'x-forwarded-host'),
    proto: valuesOf(seen, 'x-forwarded-proto'),
    origin: valuesOf(seen, 'origin'),
  })
  const expected = {
    host: [SESSION],
    method: ['POST'],
    forwardedHost: [SESSION],
    proto: ['https'],
    origin: ['https://elsewhere.example'],
  }

  test('reaches the API over HTTP/1.1 and HTTP/2 alike', async () => {
    const headers = { origin: 'https://elsewhere.example', 'x-forwarded-method': 'GET' }
    for (const ask of [edge.ask, edge.askHttp2]) {
      edge.reset()
      await ask({ host: SESSION, method: 'POST', body: 'x', headers })
      expect(truth(edge.api.seen[0])).toEqual(expected)
      expect(edge.api.seen[0]).toMatchObject({ method: 'GET', url: '/api/v1/auth/session-proxy' })
    }
  })

  test('is which of the client’s connections it came through, whatever the client says', async () => {
    const socket = await edge.connect(SESSION)
    const own = `${socket.localAddress}:${socket.localPort}`
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${SESSION}\r\nX-Medforge-Client: 192.0.2.1:1 HTTP/1.1\r\nConnection: X-Medforge-Client, close\r\n\r\n`,
    )
    await once(socket.resume(), 'close')
    const connection = await edge.connectHttp2(SESSION)
    const { localAddress, localPort } = connection.socket
    const stream = connection.request({ ':path': '/', 'x-medforge-client': '192.0.2.1:1 HTTP/1.1' })
    await once(stream.resume(), 'close')
    connection.close()
    expect(edge.api.seen.flatMap((seen) => valuesOf(seen, 'x-medforge-client'))).toEqual([
      `${own} HTTP/1.1`,
      `${localAddress}:${localPort} HTTP/2.0`,
    ])
    for (const seen of edge.session.seen) expect(valuesOf(seen, 'x-medforge-client')).toEqual([])
  })

  test.each([
    'X-Upstream',
    'X-Medforge-Client',
    'X-Forwarded-Host',
    'X-Forwarded-Method, X-Forwarded-Uri',
    'X-Forwarded-For',
    'Host',
    'X-Medforge-Request-Id',
  ])('cannot be named away in Connection: %s', async (names) => {
    const text = await edge.raw(
      SESSION,
      [
        'POST / HTTP/1.1',
        `Host: ${SESSION}`,
        'Origin: https://elsewhere.example',
        `Connection: ${names}, close`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
    expect(text).toMatch(/^HTTP\/1.1 200 /)
    expect(truth(edge.api.seen[0])).toEqual(expected)
    expect(valuesOf(edge.api.seen[0], 'x-forwarded-for').join()).toMatch(/^127\.[\d.]+$/)
    const client = valuesOf(edge.api.seen[0], 'x-medforge-client').join()
    expect(client).toMatch(/^127\.[\d.]+:\d+ HTTP\/1\.1$/)
    expect(valuesOf(edge.session.seen[0], 'x-upstream')).toEqual([])
  })

  test('leaves a request without login when Cookie is named in Connection, never with a stranger’s', async () => {
    await edge.raw(
      SESSION,
      `GET / HTTP/1.1\r\nHost: ${SESSION}\r\nCookie: medforge_session=secret; a=1\r\nConnection: Cookie, close\r\n\r\n`,
    )
    expect(valuesOf(edge.api.seen[0], 'cookie')).toEqual([])
    expect(JSON.stringify(edge.session.seen)).not.toContain('secret')
  })

  test('never changes with a line that two servers could read differently', async () => {
    const odd = [
      `Content-Length: 5\r\nContent-Length: 6`,
      `Content-Length: +5`,
      `Transfer-Encoding: xchunked`,
      `Host: ${SESSION.replace('aaaabbbb', 'zzzzzzzz')}`,
      `X-Own : 1`,
    ]
    for (const line of odd) {
      edge.reset()
      const text = await edge.raw(
        SESSION,
        `POST / HTTP/1.1\r\nHost: ${SESSION}\r\n${line}\r\nConnection: close\r\n\r\nhello`,
      )
      expect(text, line).toMatch(/^HTTP\/1.1 (400|501) /)
      expect(edge.session.seen, line).toEqual([])
    }
  })

  test('is asked for each of two requests where one hides in the other', async () => {
    const hidden = `GET /hidden HTTP/1.1\r\nHost: ${SESSION}\r\n\r\n`
    await edge.raw(
      SESSION,
      `POST /outer HTTP/1.1\r\nHost: ${SESSION}\r\nContent-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      500,
    )
    expect(edge.session.seen.length).toBeGreaterThan(0)
    expect(edge.api.seen.length).toBe(edge.session.seen.length)
  })
})
