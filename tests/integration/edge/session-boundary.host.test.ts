import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { allow, valuesOf } from './backend.ts'
import { type Edge, SESSION, startEdge } from './edge.ts'
import { exchange } from './wire.ts'

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
    const headers = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'none' }
    await edge.ask({ host: SESSION, headers })
    for (const seen of [edge.api.seen[0], edge.session.seen[0]]) {
      expect(valuesOf(seen, 'origin')).toEqual(['https://elsewhere.example'])
      expect(valuesOf(seen, 'sec-fetch-site')).toEqual(['none'])
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
