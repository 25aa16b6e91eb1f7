import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { valuesOf } from './backend.ts'
import { type Edge, OTHER, SESSION, startEdge } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

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
    '/api/v1/auth/./session-proxy/.',
    '/api/v1/auth/session-proxy//',
    '/api/v1/auth/x/..%2fsession-proxy',
    '/api/v1/%41uth/SESSION%2DPROXY?x',
    '/%61%70%69/v1/auth/session-proxy/%2e',
  ])('is refused with 403 before anybody is asked: %s', async (path) => {
    const text = await edge.raw(
      SESSION,
      `GET ${path} HTTP/1.1\r\nHost: ${SESSION}\r\nConnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1.1 403 /)
    const absolute = await edge.raw(
      SESSION,
      `GET https://${SESSION}${path} HTTP/1.1\r\nHost: ignored.example\r\nConnection: close\r\n\r\n`,
    )
    expect(absolute).toMatch(/^HTTP\/1.1 403 /)
    expect((await edge.askHttp2({ host: SESSION, path })).status).toBe(403)
    expect(edge.api.seen).toEqual([])
    expect(edge.session.seen).toEqual([])
  })

  test.each([
    '/api/v1/auth/session-proxies',
    '/api/v1/auth/session-proxy/more',
    '/x/api/v1/auth/session-proxy',
    '/api/v1/auth%252fsession-proxy',
    '/api/v1/auth/..;/auth/session-proxy',
    '/api\\v1\\auth\\session-proxy',
  ])('is exactly that one: %s is the session’s own', async (path) => {
    expect((await edge.ask({ host: SESSION, path })).status).toBe(200)
    // Whatever the path is, the API is asked this one question.
    expect(edge.api.seen.map(({ url }) => url)).toEqual(['/api/v1/auth/session-proxy'])
    expect(edge.session.seen.map(({ url }) => url)).toEqual([path.replaceAll('\\', '%5C')])
  })

  test('is decided by the host of an absolute request line, which is what everybody behind sees', async () => {
    const text = await edge.raw(
      SESSION,
      `GET https://${SESSION}/x HTTP/1.1\r\nHost: ${OTHER}\r\nConnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1.1 200 /)
    expect(valuesOf(edge.api.seen[0], 'host')).toEqual([SESSION])
    expect(valuesOf(edge.session.seen[0], 'host')).toEqual([SESSION])
    expect(edge.other.seen).toEqual([])
  })
})
