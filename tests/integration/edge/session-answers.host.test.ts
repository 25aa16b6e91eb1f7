import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Edge, SESSION, startEdge, WEB } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

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
      'access-control-allow-origin': `https://${WEB}`,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': '*',
      'reporting-endpoints': 'a="https://x.example"',
      'x-upstream': 'evil',
    }
    edge.session.reply = () => ({ headers: { ...sent, etag: '"1"' } })
    const { headers } = await edge.ask({ host: SESSION })
    const overHttp2 = await edge.askHttp2({ host: SESSION })
    for (const name of Object.keys(sent)) {
      expect(headers[name], name).toBeUndefined()
      expect(overHttp2.headers[name], name).toBeUndefined()
    }
    expect([headers.etag, overHttp2.headers.etag]).toEqual(['"1"', '"1"'])
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
