import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json, text } from 'node:stream/consumers'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createBodyDeadlineHook } from './body-deadline.ts'

const BODY_MS = 30_000

let app: FastifyInstance
let agent: Agent
/** What the reading route waits for. */
let read: () => Promise<void>

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  agent = new Agent({ keepAlive: true, maxSockets: 1 })
  app = Fastify({ forceCloseConnections: true })
  app.addHook('preParsing', createBodyDeadlineHook(BODY_MS))
  read = async () => {}
  app.get('/', async () => {
    await read()
    return 'read'
  })
  app.post('/', async () => 'written')
  app.setErrorHandler((error, _request, reply) => reply.code(400).send({ key: Object(error).key }))
  await app.listen({ host: '127.0.0.1', port: 0 })
})

afterEach(async () => {
  vi.useRealTimers()
  agent.destroy()
  await app.close()
})

function send(method: string, contentType: string) {
  const { port } = app.server.address() as AddressInfo
  const headers = { 'content-type': contentType, 'transfer-encoding': 'chunked' }
  return httpRequest({ host: '127.0.0.1', port, method, headers, agent })
}

async function answerTo(sent: ReturnType<typeof send>): Promise<IncomingMessage> {
  const [answer] = await once(sent, 'response')
  return answer
}

test('many bodies that nobody reads leave nothing behind, and hold up no request on their connection', async () => {
  const ports = new Set<number | undefined>()
  for (let nth = 0; nth < 50; nth += 1) {
    const sent = send(nth % 2 ? 'GET' : 'POST', 'image/png').end(Buffer.alloc(400_000))
    const answer = await answerTo(sent)
    ports.add(sent.socket?.localPort)
    expect(answer.statusCode).toBe(nth % 2 ? 200 : 400)
    await text(answer)
  }
  expect(ports.size).toBe(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('a body that is read in time ends its deadline', async () => {
  const answer = await answerTo(send('POST', 'application/json').end('{}'))
  expect(await text(answer)).toBe('written')
  expect(vi.getTimerCount()).toBe(0)
})

test('a body that is still being read at its deadline is refused, and its connection ends', async () => {
  const sent = send('POST', 'application/json')
  const answered = answerTo(sent)
  sent.write('{"a":')
  await once(app.server, 'request')
  await vi.advanceTimersByTimeAsync(BODY_MS)
  const answer = await answered
  expect(await json(answer)).toEqual({ key: 'request_timeout' })
  expect(answer.headers.connection).toBe('close')
  sent.destroy()
})

test('a body that nobody reads has no deadline, however long its answer takes', async () => {
  const gate = Promise.withResolvers<void>()
  read = () => gate.promise
  const sent = send('GET', 'application/json')
  const answered = answerTo(sent)
  sent.write('{"a":')
  await once(app.server, 'request')
  await vi.advanceTimersByTimeAsync(2 * BODY_MS)
  gate.resolve()
  expect(await text(await answered)).toBe('read')
  sent.end('1}')
})
