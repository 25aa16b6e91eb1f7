import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { API, type Edge, startEdge } from './edge.ts'
import { exchange } from './wire.ts'

/** How long a body may bring nothing; a minute in an installation. */
const SILENCE_MS = 1_000

let edge: Edge
beforeAll(async () => {
  edge = await startEdge({ EDGE_BODY_SILENCE: `${SILENCE_MS}ms` })
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

const HEAD = `POST /upload HTTP/1.1\r\nHost: ${API}\r\nContent-Length: 9\r\nConnection: close\r\n\r\n`

test('a body that takes longer than it may be silent arrives', async () => {
  const socket = await edge.connect(API)
  const answered = exchange(socket, HEAD, { silenceMs: 10_000 })
  for (let sent = 0; sent < 9; sent += 1) {
    socket.write('x')
    await delay(SILENCE_MS / 4)
  }
  expect(await answered).toMatch(/^HTTP\/1.1 200 /)
  expect(edge.api.seen).toMatchObject([{ body: 'xxxxxxxxx' }])
})

test('a body that falls silent ends with a problem, and its connection with it', async () => {
  const text = await edge.raw(API, `${HEAD}xxx`, 10_000)
  expect(text).toMatch(/^HTTP\/1.1 408 /)
  expect(text).toContain('"code":"request_timeout"')
  expect(edge.api.seen).toEqual([])
})

test('a body that falls silent ends with a problem over HTTP/2', async () => {
  const session = await edge.connectHttp2(API)
  const stream = session.request({ ':method': 'POST', ':path': '/upload', 'content-length': '9' })
  const status = new Promise((resolve) => {
    stream.on('response', (headers) => resolve(headers[':status']))
  })
  stream.write('xxx')
  expect(await status).toBe(408)
  session.destroy()
})

test('an answer that takes longer than a body may be silent arrives', async () => {
  edge.api.reply = () => ({ body: 'late', delayMs: 3 * SILENCE_MS })
  const answer = await edge.ask({ host: API, method: 'POST', body: 'whole' })
  expect([answer.status, answer.text]).toEqual([200, 'late'])
})
