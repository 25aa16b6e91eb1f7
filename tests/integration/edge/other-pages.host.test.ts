import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Edge, SESSION, startEdge } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

const from = (site: string, mode: string, dest: string) => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
})

describe('pages of other hosts', () => {
  test.each(
    ['same-site', 'cross-site'].flatMap((site) => [
      { what: `a fetch, ${site}`, headers: from(site, 'no-cors', 'empty') },
      { what: `a fetch with CORS, ${site}`, headers: from(site, 'cors', 'empty') },
      { what: `a script, ${site}`, headers: from(site, 'no-cors', 'script') },
      { what: `an image, ${site}`, headers: from(site, 'no-cors', 'image') },
      { what: `a frame, ${site}`, headers: from(site, 'navigate', 'iframe') },
      { what: `an object, ${site}`, headers: from(site, 'navigate', 'embed') },
    ]),
  )('cannot load $what from a session', async ({ headers }) => {
    for (const ask of [edge.ask, edge.askHttp2]) {
      const answer = await ask({ host: SESSION, headers })
      expect(answer.status).toBe(403)
      expect(JSON.parse(answer.text)).toMatchObject({ status: 403, code: 'forbidden' })
    }
    expect([...edge.api.seen, ...edge.session.seen]).toEqual([])
  })

  test('cannot post a form to a session, not even in a window of its own', async () => {
    const headers = from('same-site', 'navigate', 'document')
    const answer = await edge.ask({ host: SESSION, method: 'POST', body: 'a=1', headers })
    expect(answer.status).toBe(403)
    expect(edge.session.seen).toEqual([])
  })

  test('may link to it', async () => {
    for (const site of ['same-site', 'cross-site', 'none']) {
      const headers = from(site, 'navigate', 'document')
      expect((await edge.ask({ host: SESSION, headers })).status, site).toBe(200)
    }
  })
})

describe('a session’s own pages, and programs', () => {
  test.each([
    { what: 'a script', headers: from('same-origin', 'no-cors', 'script') },
    { what: 'a frame', headers: from('same-origin', 'navigate', 'iframe') },
    { what: 'a form', headers: from('same-origin', 'navigate', 'document'), method: 'POST' },
    { what: 'a request of a program', headers: {} },
    { what: 'a typed address', headers: from('none', 'navigate', 'document') },
  ])('pass with $what', async ({ headers, method }) => {
    const answer = await edge.ask({ host: SESSION, headers, ...(method ? { method } : {}) })
    expect(answer.status).toBe(200)
  })

  test('open websockets, which the API judges by their Origin', async () => {
    const text = await edge.raw(
      SESSION,
      [
        'GET /ws HTTP/1.1',
        `Host: ${SESSION}`,
        'Origin: https://elsewhere.example',
        'Sec-Fetch-Site: cross-site',
        'Sec-Fetch-Mode: websocket',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        '',
        '',
      ].join('\r\n'),
      500,
    )
    expect(text).toMatch(/^HTTP\/1.1 101 /)
    expect(JSON.stringify(edge.api.seen[0]?.headers)).toContain('https://elsewhere.example')
  })
})
