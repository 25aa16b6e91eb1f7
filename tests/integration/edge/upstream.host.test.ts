import type { Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { allow, SLUG, valuesOf } from './backend.ts'
import { type Edge, OTHER, SESSION, startEdge } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

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
    { note: 'another port of the session', value: `mf-session-${SLUG}:9000` },
    { note: 'a port with more digits', value: `mf-session-${SLUG}:80800` },
    { note: 'no port', value: `mf-session-${SLUG}` },
    { note: 'a scheme', value: `http://mf-session-${SLUG}:8080` },
    { note: 'a socket by another name', value: 'unix//run/x:8080' },
    { note: 'a path', value: `mf-session-${SLUG}:8080/x` },
    { note: 'a placeholder', value: '{http.request.header.X-Evil}' },
    { note: 'two in one line', value: `mf-session-${SLUG}:8080, mf-session-${SLUG}:9000` },
    { note: 'two values, the first good', value: [`mf-session-${SLUG}:8080`, 'evil:8080'] },
  ])('is refused with 502 when it is $note', async ({ value }) => {
    edge.api.reply = () => ({
      status: 200,
      headers: value === undefined ? {} : { 'x-upstream': value },
    })
    for (const ask of [edge.ask, edge.askHttp2]) {
      const answer = await ask({
        host: SESSION,
        headers: { 'x-upstream': `mf-session-${SLUG}:8080`, 'x-evil': edge.forbidden.address },
      })
      expect(answer.status).toBe(502)
    }
    expect([...edge.session.seen, ...edge.forbidden.seen]).toEqual([])
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

describe('an API that hangs', () => {
  test('or is dead costs a visitor less than three seconds on both protocols', async () => {
    for (const reply of [{ hang: true }, { drop: true }]) {
      edge.api.reply = () => reply
      for (const ask of [edge.ask, edge.askHttp2]) {
        const startedAt = Date.now()
        expect((await ask({ host: SESSION })).status).toBeGreaterThanOrEqual(502)
        expect(Date.now() - startedAt).toBeLessThan(3_000)
      }
    }
    expect(edge.session.seen).toEqual([])
  })

  test('after its headers lets nobody in either', async () => {
    edge.api.reply = (asked) => ({ ...allow(asked), status: 401, hold: true })
    const text = await edge.raw(SESSION, `GET / HTTP/1.1\r\nHost: ${SESSION}\r\n\r\n`, 500)
    expect(text).not.toMatch(/^HTTP\/1.1 2/)
    expect(edge.session.seen).toEqual([])
  })

  test('costs a visitor less than three seconds and lets nobody in', async () => {
    edge.api.reply = () => ({ hang: true })
    const startedAt = Date.now()
    const answer = await edge.ask({ host: SESSION })
    expect(answer.status).toBe(504)
    expect(Date.now() - startedAt).toBeLessThan(3_000)
    expect(edge.session.seen).toEqual([])
  })
})

describe('an API that answers what it should not', () => {
  test.each([201, 204, 206, 302, 307, 304, 400, 500])(
    'lets nobody in with %i unless it is a success',
    async (status) => {
      edge.api.reply = (asked) => ({ ...allow(asked), status, body: '' })
      const answer = await edge.ask({ host: SESSION })
      const isSuccess = status < 300
      expect(edge.session.seen).toHaveLength(isSuccess ? 1 : 0)
      if (!isSuccess) expect(answer.status).toBe(status)
    },
  )
})

describe('a session that answers badly', () => {
  const head = 'HTTP/1.1 200 OK\r\n'
  /** Write on until the edge has had enough. */
  const pour = (first: string, line: string) => (socket: Socket) => {
    socket.on('error', () => {})
    socket.write(first)
    const more = () => {
      if (!socket.destroyed) socket.write(line.repeat(8), () => setImmediate(more))
    }
    more()
  }

  test.each([
    { what: 'headers without end', takeOver: pour(head, `X-More: ${'x'.repeat(8_000)}\r\n`) },
    { what: 'one header without end', takeOver: pour(`${head}X-One: `, 'x'.repeat(8_000)) },
    { what: 'no HTTP at all', takeOver: pour('', 'SSH-2.0-OpenSSH_9.2\r\n') },
  ])('with $what is a 502, and others are served meanwhile', async ({ takeOver }) => {
    edge.session.reply = () => ({ takeOver })
    const bad = Promise.all([edge.ask({ host: SESSION }), edge.askHttp2({ host: SESSION })])
    expect((await edge.ask({ host: OTHER })).status).toBe(200)
    for (const { status } of await bad) expect(status).toBe(502)
    expect((await edge.askHttp2({ host: OTHER })).status).toBe(200)
  })

  test('with an upgrade that nobody asked for changes no connection', async () => {
    const first = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'
    edge.session.reply = () => ({ takeOver: pour(first, 'smuggled') })
    for (const ask of [edge.ask, edge.askHttp2]) {
      const answer = await ask({ host: SESSION })
      expect(answer.status).not.toBe(101)
      expect(answer.text).not.toContain('smuggled')
    }
    expect((await edge.ask({ host: OTHER })).status).toBe(200)
  })

  test('with many interim answers is still waited for, and others are served meanwhile', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(200)
    edge.session.reply = () => ({
      takeOver: (socket) => socket.write(`${interim}${head}Content-Length: 2\r\n\r\nok`),
    })
    for (const ask of [edge.ask, edge.askHttp2]) {
      const answer = await ask({ host: SESSION })
      expect(answer).toMatchObject({ status: 200, text: 'ok' })
      expect(answer.headers.link).toBeUndefined()
    }
    expect((await edge.ask({ host: OTHER })).status).toBe(200)
  })

  test('byte by byte, or never, keeps nobody else waiting', async () => {
    const dripping = new Set<NodeJS.Timeout>()
    edge.session.reply = ({ url }) =>
      url === '/never'
        ? { hang: true }
        : {
            takeOver: (socket) => {
              socket.write(`${head}X-Slow: `)
              const drip = setInterval(() => socket.write('x'), 50)
              dripping.add(drip)
              socket.on('close', () => clearInterval(drip)).on('error', () => clearInterval(drip))
            },
          }
    const sockets = await Promise.all(Array.from({ length: 100 }, () => edge.connect(SESSION)))
    for (const [index, socket] of sockets.entries()) {
      socket.on('error', () => {})
      socket.write(`GET ${index % 2 ? '/never' : '/slow'} HTTP/1.1\r\nHost: ${SESSION}\r\n\r\n`)
    }
    await expect.poll(() => edge.session.seen.length, { timeout: 20_000 }).toBe(100)
    for (let round = 0; round < 20; round += 1) {
      expect((await edge.ask({ host: OTHER })).status).toBe(200)
    }
    expect(edge.other.seen).toHaveLength(20)
    for (const socket of sockets) socket.destroy()
    for (const drip of dripping) clearInterval(drip)
  })
})
