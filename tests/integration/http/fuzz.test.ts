import { type AddressInfo, connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { newHost, newSession } from '@medforge/test-support'
import fc from 'fast-check'
import { describe, expect, inject } from 'vitest'
import { seedOr } from '../../support/seed.ts'
import type { TestApp } from '../app.ts'
import {
  openWorker,
  type Site,
  signIn,
  submit,
  TITANIC,
  test,
  titanicCsv,
} from '../competitions/site.ts'
import { conforming } from '../conformance.ts'
import { type FuzzedOperation, type FuzzedRequest, fuzzedRequest, type Schema } from './requests.ts'

const SEED = seedOr(20_261_124)
const REQUESTS = inject('isLong') ? 10_000 : 3_000
const ROUND = 500
const AT_ONCE = 16
const GROWTH_MAX_BYTES = 96 * 1024 * 1024

/** The 5xx that are documented answers here: no reconciler runs, and the private tier is not built. */
const MEANT = new Set(['runtime_unavailable', 'private_tier_not_implemented'])
const LIMITS = { AUTH_RATE_LIMIT: '1000000', MEDFORGE_LOG_LEVEL: 'warn' }

describe('whatever is asked', () => {
  test('is answered without a 5xx, as its document says, in bounded memory', {
    timeout: 180_000,
  }, async ({ site, db }) => {
    const api = await site.openApi(LIMITS)
    await newHost(db)
    const operations = await readOperations(api)
    const owner = await signIn(api, db)
    const { submission } = await submit(owner.visitor, titanicCsv())
    await using _worker = await keepScoring(db, site, api)
    const over = await newSession(db, { user_id: owner.userId, status: 'stopped' })
    const ids = [submission.id, over.id, owner.userId, over.slug, TITANIC, 'titanic-kaggle', '3']
    const requests = fc.sample(fuzzedRequest(operations, ids), { numRuns: REQUESTS, seed: SEED })
    const ask = conforming(api.app)
    const statuses = new Map<number, number>()

    let heapAtFirst = 0
    for (let start = 0; start < REQUESTS; start += ROUND) {
      // What a round did to its people (a logout, a new password, a disabled account) ends with it.
      const cookies = await newPeople(api, db)
      const round = requests.slice(start, start + ROUND)
      for (let at = 0; at < round.length; at += AT_ONCE) {
        await Promise.all(
          round.slice(at, at + AT_ONCE).map(async (request, place) => {
            const status = await expectOrdinary(ask, request, cookies, start + at + place)
            statuses.set(status, (statuses.get(status) ?? 0) + 1)
          }),
        )
      }
      if (start === ROUND) heapAtFirst = heapAfterCollection()
    }
    expect(heapAfterCollection() - heapAtFirst).toBeLessThan(GROWTH_MAX_BYTES)
    // Otherwise the fuzzer knocks at one door only.
    for (const status of [200, 201, 401, 403, 404, 405, 415, 422]) {
      expect(statuses.get(status), `answers ${status}`).toBeGreaterThan(0)
    }
  })

  test('in bytes that are no HTTP, or hardly, is answered well or not at all, and the server lives', {
    timeout: 60_000,
  }, async ({ site, db }) => {
    expect(db).toBeDefined()
    const api = await site.openApi(LIMITS)
    await api.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = api.app.server.address() as AddressInfo
    const talks = fc.sample(rawRequest, { numRuns: 600, seed: SEED })
    for (let at = 0; at < talks.length; at += AT_ONCE) {
      await Promise.all(
        talks.slice(at, at + AT_ONCE).map(async (bytes) => {
          expectWellFormed(await converse(port, bytes), bytes)
        }),
      )
    }
    expect((await api.visitor().get('/status')).status).toBe(200)
  })
})

/** A request to score again waits for a worker: with one, that is no 10 seconds. */
async function keepScoring(db: Database, site: Site, api: TestApp): Promise<AsyncDisposable> {
  const worker = await openWorker(db, site, { clock: api.clock })
  const stopping = new AbortController()
  const running = worker.run(stopping.signal)
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

async function readOperations(api: TestApp): Promise<FuzzedOperation[]> {
  type Described = {
    parameters: { name: string; in: string }[]
    requestBody?: { content: Record<string, { schema: Schema }> }
  }
  const { text } = await api.visitor().get('!/openapi.json')
  const document: { paths: Record<string, Record<string, Described>> } = JSON.parse(text)
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => {
      const [content] = Object.entries(requestBody?.content ?? {})
      return {
        method: method.toUpperCase(),
        path,
        query: parameters.filter((each) => each.in === 'query').map(({ name }) => name),
        body: content ? { mediaType: content[0], schema: content[1].schema } : null,
      }
    }),
  )
}

type Database = Parameters<typeof signIn>[1]
type Cookies = Record<FuzzedRequest['role'], string | undefined>

async function newPeople(api: TestApp, db: Database): Promise<Cookies> {
  const person = (await signIn(api, db)).visitor.cookie()
  const admin = (await signIn(api, db, { role: 'admin' })).visitor.cookie()
  const forged = `medforge_session=${'A'.repeat(64)}`
  return { anonymous: undefined, person, admin, forged, ambiguous: `${person}; ${forged}` }
}

async function expectOrdinary(
  app: ReturnType<typeof conforming>,
  { role, headers, ...request }: FuzzedRequest,
  cookies: Cookies,
  index: number,
): Promise<number> {
  const cookie = cookies[role]
  const where = () =>
    `request ${index} of seed ${SEED}: ${request.method} ${request.url.slice(0, 200)} as ${role}`
  const answer = await app.inject({
    ...request,
    headers: { host: 'api.medforge.localhost', ...headers, ...(cookie ? { cookie } : {}) },
  })
  expect(answer.headers['x-request-id'], where()).toMatch(/^[0-9a-f-]{36}$/)
  expect(answer.headers['cache-control'], where()).toBeDefined()
  if (answer.statusCode < 400 || answer.body === '') return answer.statusCode
  expect(answer.body, where()).not.toMatch(/\bat .*\.(ts|js):\d|node_modules|ECONN|ER_[A-Z]/)
  if (answer.statusCode >= 500 && !request.url.startsWith('/healthz')) {
    const { code } = JSON.parse(answer.body)
    expect(MEANT, `${where()}: ${answer.body.slice(0, 300)}`).toContain(code)
  }
  return answer.statusCode
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed
}

const token = fc.constantFrom(
  'GET',
  'POST',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'get',
  'FOO',
  'G\u00cbT',
  '',
)
const target = fc.constantFrom(
  '/api/v1/status',
  '/api/v1/auth/login',
  '*',
  '//',
  'http://evil.example/api/v1/me',
  '/api/v1/../../x',
  '/\u0000',
  '/%',
  `/${'a'.repeat(20_000)}`,
  '',
)
const version = fc.constantFrom(
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/9',
  'http/1.1',
  '',
)
const line = fc.constantFrom(
  'Host: api.medforge.localhost',
  'Host: api.medforge.localhost',
  'Host: a\r\nHost: b',
  'Host:',
  'Connection: close',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 5\r\nContent-Length: 6',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding : chunked',
  'Content-Type: application/json',
  'Expect: 100-continue',
  'Expect: the-impossible',
  'Upgrade: h2c',
  'Cookie: \u0000=\u0001',
  'X: a\r\n b',
  ': nameless',
  'no colon',
  `X-Long: ${'z'.repeat(70_000)}`,
)
const rest = fc.constantFrom(
  '',
  '{"a":1}',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffff\r\n',
  '-1\r\nx\r\n',
  '0\r\nX: y\r\n\r\n',
)
const rawRequest = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(token, target, version, fc.array(line, { maxLength: 4 }), rest)
      .map(([method, path, http, lines, body]) =>
        Buffer.from(
          `${method} ${path} ${http}\r\n${[...lines, '', ''].join('\r\n')}${body}`,
          'latin1',
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  },
)

/** Says it all, ends its half, and reads until the server ends the other. */
async function converse(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  socket.on('close', () => resolve())
  let output = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    output += chunk
  })
  // A reset is an answer too: the server did not wait for the rest.
  socket.on('error', () => {})
  socket.end(bytes)
  await closed
  return output
}

function expectWellFormed(output: string, asked: Buffer): void {
  const about = () =>
    `${JSON.stringify(asked.toString('latin1').slice(0, 300))} got ${JSON.stringify(output.slice(0, 300))}`
  for (let left = output; left !== ''; ) {
    const end = left.indexOf('\r\n\r\n')
    expect(end, about()).toBeGreaterThan(0)
    const head = left.slice(0, end)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
    expect(status, about()).toBeGreaterThanOrEqual(100)
    expect(status, about()).toBeLessThan(500)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    const body = left.slice(end + 4, end + 4 + length)
    if (status >= 200) expect(head, about()).toMatch(/^x-request-id: [0-9a-f-]{36}$/im)
    if (status >= 400 && length > 0) {
      expect(head, about()).toMatch(/^content-type: application\/problem\+json/im)
      if (!/^(HEAD) /.test(asked.toString('latin1')))
        expect(JSON.parse(body), about()).toMatchObject({ status })
    }
    left = left.slice(end + 4 + length)
  }
}
