import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { valuesOf } from './backend.ts'
import { DOMAIN, type Edge, OTHER, SESSION, startEdge, WEB } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

/** The status, or `refused` where the edge resets the stream instead of answering. */
const statusOf = (answer: Promise<{ status: number }>) =>
  answer.then(({ status }) => status).catch(() => 'refused' as const)

const nobodyWasAsked = () =>
  expect([edge.web.seen, edge.api.seen, edge.session.seen, edge.other.seen]).toEqual([
    [],
    [],
    [],
    [],
  ])

describe('over HTTP/2', () => {
  test('a session is asked about and reached as over HTTP/1.1', async () => {
    const answer = await edge.askHttp2({ host: SESSION, path: '/x?y', method: 'POST', body: 'hi' })
    expect(answer.status).toBe(200)
    expect(edge.api.seen).toHaveLength(1)
    expect(edge.session.seen[0]).toMatchObject({ method: 'POST', url: '/x?y', body: 'hi' })
    expect(valuesOf(edge.session.seen[0], 'host')).toEqual([SESSION])
  })

  test.each([
    { sent: 'medforge_session=secret', kept: [] },
    { sent: 'a=1; medforge_session=secret; b=2', kept: ['a=1; b=2'] },
    { sent: ['a=1', 'medforge_session=secret', 'b=2'], kept: ['a=1; b=2'] },
    { sent: ['medforge_session="secret"', 'medforge_session=secret2'], kept: [] },
    { sent: ['__Host-medforge_session=secret', 'a=1'], kept: ['a=1'] },
  ])('the login is taken out of split cookies too: $sent', async ({ sent, kept }) => {
    await edge.askHttp2({ host: SESSION, headers: { cookie: sent } })
    expect(valuesOf(edge.session.seen[0], 'cookie')).toEqual(kept)
    expect(JSON.stringify(edge.session.seen)).not.toContain('secret')
    expect(valuesOf(edge.api.seen[0], 'cookie').join()).toContain('secret')
  })

  test.each([`${WEB}.`, `${SESSION}.`, `a.${SESSION}`, DOMAIN, 'evil.example', ''])(
    'a host that is not ours is refused: “%s”',
    async (host) => {
      const status = await statusOf(edge.askHttp2({ host, serverName: WEB }))
      expect([400, 421, 'refused']).toContain(status)
      nobodyWasAsked()
    },
  )

  test('a host header beside :authority chooses nothing', async () => {
    const status = await statusOf(edge.askHttp2({ host: SESSION, headers: { host: OTHER } }))
    expect([200, 400, 'refused']).toContain(status)
    expect(edge.other.seen).toEqual([])
    for (const seen of edge.api.seen) expect(valuesOf(seen, 'host')).toEqual([SESSION])
  })

  test.each(['TRACE', 'TRACK'])('%s is not served', async (method) => {
    const answer = await edge.askHttp2({ host: SESSION, method })
    expect(answer.status).toBe(405)
    nobodyWasAsked()
  })

  test('CONNECT opens nothing', async () => {
    const status = await statusOf(edge.askHttp2({ host: SESSION, method: 'CONNECT' }))
    expect([400, 405, 'refused']).toContain(status)
    nobodyWasAsked()
  })

  test('a websocket by extended CONNECT gets round nothing', async () => {
    const headers = { ':protocol': 'websocket', origin: 'https://elsewhere.example' }
    const status = await statusOf(edge.askHttp2({ host: SESSION, method: 'CONNECT', headers }))
    expect([400, 405, 501, 'refused']).toContain(status)
    nobodyWasAsked()
  })

  test.each([
    '/api/v1/auth/session-proxy',
    '/API/v1/auth//session-proxy?x',
    '/api/v1/auth%2fsession-proxy',
  ])('the internal address is refused: %s', async (path) => {
    expect((await edge.askHttp2({ host: SESSION, path })).status).toBe(403)
    nobodyWasAsked()
  })
})
