import { once } from 'node:events'
import { type ClientHttp2Session, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from './backend.ts'
import { API, type Edge, OTHER, SESSION, startEdge, WEB } from './edge.ts'

/** An edge that has the fault ends within the first few of these. */
const ROUNDS = 12
const VISITORS = 24

const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-A: 1\r\nX-B: 2\r\n\r\n'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

/** Interim answers for as long as the edge takes them. */
function hintForever(socket: Socket): void {
  socket.on('error', () => {})
  const more = () => {
    if (!socket.destroyed) socket.write(HINT.repeat(20), () => setImmediate(more))
  }
  more()
}

/** Lets a backend answer with hints alone; the function returned waits for the request of that path. */
function hintsFrom(backend: Backend): (path: string) => Promise<void> {
  const arrivals = new Map<string, PromiseWithResolvers<void>>()
  const arrivalAt = (path: string) => {
    const arrival = arrivals.get(path) ?? Promise.withResolvers<void>()
    arrivals.set(path, arrival)
    return arrival
  }
  backend.reply = ({ url }) => ({
    takeOver: (socket) => {
      hintForever(socket)
      arrivalAt(url).resolve()
    },
  })
  // An edge that has ended asks nobody: its visitors then wait no longer.
  return (path) => Promise.race([arrivalAt(path).promise, edge.ended])
}

/** One visitor for each path: it asks, and gives up as soon as the hints come. */
type GiveUp = (host: string, path: string, hints: Promise<void>) => Promise<void>

const overHttp1 =
  (head: string): GiveUp =>
  async (host, path, hints) => {
    const socket = await edge.connect(host)
    socket.on('error', () => {})
    socket.write(head.replaceAll('PATH', path).replaceAll('HOST', host))
    await hints
    socket.destroy()
  }

const HTTP1: [string, GiveUp][] = [
  ['a request', overHttp1('GET PATH HTTP/1.1\r\nHost: HOST\r\n\r\n')],
  ['requests one behind the other', overHttp1('GET PATH HTTP/1.1\r\nHost: HOST\r\n\r\n'.repeat(3))],
  [
    'a websocket handshake',
    overHttp1(
      'GET PATH HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ),
  ],
]

async function giveUpStream(
  session: ClientHttp2Session,
  path: string,
  hints: Promise<void>,
): Promise<void> {
  const stream = session.request({ ':path': path })
  stream.on('error', () => {})
  await hints
  stream.close(constants.NGHTTP2_CANCEL)
}

async function expectOthersServed(): Promise<void> {
  expect(edge.death()?.match(/^(?:panic|fatal error): .*/m)?.[0]).toBeUndefined()
  expect((await edge.ask({ host: OTHER })).status).toBe(200)
}

describe('interim answers without end, whose visitor gives up', () => {
  test.each(HTTP1)('never end the edge over HTTP/1.1: %s', async (_, giveUp) => {
    const hintsAt = hintsFrom(edge.session)
    for (let round = 0; round < ROUNDS; round += 1) {
      const paths = Array.from({ length: VISITORS }, (_unused, index) => `/${round}/${index}`)
      await Promise.all(paths.map((path) => giveUp(SESSION, path, hintsAt(path))))
      await expectOthersServed()
    }
  })

  test.each(['its requests', 'its connection'])(
    'never end the edge over HTTP/2: %s',
    async (what) => {
      const hintsAt = hintsFrom(edge.session)
      for (let round = 0; round < ROUNDS; round += 1) {
        const session = await edge.connectHttp2(SESSION)
        const paths = Array.from({ length: VISITORS }, (_unused, index) => `/${round}/${index}`)
        if (what === 'its connection') {
          for (const path of paths) session.request({ ':path': path }).on('error', () => {})
          await Promise.all(paths.map(hintsAt))
        } else {
          await Promise.all(paths.map((path) => giveUpStream(session, path, hintsAt(path))))
        }
        session.destroy()
        await expectOthersServed()
      }
    },
  )

  test.each([
    { what: 'the API', host: API, backend: () => edge.api },
    { what: 'the web', host: WEB, backend: () => edge.web },
  ])('never end the edge where $what sends them', async ({ host, backend }) => {
    const hintsAt = hintsFrom(backend())
    for (let round = 0; round < ROUNDS; round += 1) {
      const session = await edge.connectHttp2(host)
      const paths = Array.from({ length: VISITORS }, (_unused, index) => `/${round}/${index}`)
      await Promise.all(paths.map((path) => giveUpStream(session, path, hintsAt(path))))
      session.destroy()
      expect(edge.death()).toBeUndefined()
    }
    edge.reset()
    await expectOthersServed()
  })
})

describe('interim answers', () => {
  test('without end are a 502 for a visitor who stays', async () => {
    hintsFrom(edge.session)
    for (const ask of [edge.ask, edge.askHttp2]) {
      expect((await ask({ host: SESSION })).status).toBe(502)
    }
    await expectOthersServed()
  })

  test('are kept from the visitor, and the answer after them is not', async () => {
    edge.session.reply = () => ({
      takeOver: (socket) => {
        socket.write(
          `${HINT}HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
        )
      },
    })
    const socket = await edge.connect(SESSION)
    socket.write(`GET / HTTP/1.1\r\nHost: ${SESSION}\r\n\r\n`)
    const [first] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(first.toString()).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(first.toString()).not.toMatch(/^(?:link|x-a):/im)
  })

  test('that a visitor asks for with Expect come from the edge itself', async () => {
    const socket = await edge.connect(API)
    socket.write(
      `POST / HTTP/1.1\r\nHost: ${API}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
    )
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hi')
    const [second] = (await once(socket, 'data')) as [Buffer]
    expect(second.toString()).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    socket.destroy()
    expect(edge.api.seen.at(-1)?.body).toBe('hi')
  })
})
