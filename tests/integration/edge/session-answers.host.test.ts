import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptance } from './backend.ts'
import { type Edge, SESSION, startEdge, WEB } from './edge.ts'
import { HANDSHAKE } from './wire.ts'

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
    for (const headers of [{}, HANDSHAKE]) {
      const answer = await edge.ask({ host: SESSION, headers })
      expect(answer.headers['x-request-id']).toBe('id-of-the-api')
    }
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
    const answers = [
      await edge.ask({ host: SESSION }),
      await edge.askHttp2({ host: SESSION }),
      await edge.ask({ host: SESSION, headers: HANDSHAKE }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 101])
    for (const { status, headers } of answers) {
      for (const name of Object.keys(sent))
        expect(headers[name], `${name}, ${status}`).toBe(undefined)
      expect(headers.etag).toBe('"1"')
    }
  })

  test('keeps what makes it the acceptance of a websocket', async () => {
    const sent = {
      'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'sec-websocket-protocol': 'chat',
      'sec-websocket-extensions': 'permessage-deflate',
    }
    edge.session.reply = () => ({ headers: sent })
    const { status, headers } = await edge.ask({ host: SESSION, headers: HANDSHAKE })
    expect(status).toBe(101)
    expect(headers).toMatchObject({ connection: 'Upgrade', upgrade: 'websocket', ...sent })
  })

  test('is nothing where it changes the protocol and nobody asked for that', async () => {
    const headers = { 'set-cookie': 'medforge_session=stolen; Domain=medforge.edge.test' }
    edge.session.reply = () => ({ takeOver: (socket) => socket.write(acceptance(headers)) })
    const answer = await edge.ask({ host: SESSION })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(answer.headers['set-cookie']).toBeUndefined()
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
