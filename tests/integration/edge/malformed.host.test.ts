import { PROBLEM_TYPE_PREFIX, PROBLEMS } from '@medforge/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { API, type Edge, SESSION, startEdge, WEB } from './edge.ts'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

const nobodyWasAsked = () =>
  expect([...edge.web.seen, ...edge.api.seen, ...edge.session.seen]).toEqual([])

function problemOf(text: string): Record<string, unknown> {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  expect(head.toLowerCase()).toContain('content-type: application/problem+json')
  const problem = JSON.parse(body) as Record<string, unknown>
  expect(head.toLowerCase()).toContain(`x-request-id: ${problem.request_id}`)
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${problem.status} `))
  return problem
}

const HOSTS = [WEB, API, SESSION]
const typeOf = (key: keyof typeof PROBLEMS) => `${PROBLEM_TYPE_PREFIX}${PROBLEMS[key].suffix}`

describe('a request that is not valid HTTP is a 400 of the catalogue', () => {
  test.each([
    { what: 'a path that cannot be decoded', line: 'GET /%zz HTTP/1.1' },
    { what: 'two lengths', more: 'Content-Length: 1\r\nContent-Length: 2\r\n' },
    { what: 'a length that is none', more: 'Content-Length: x\r\n' },
    { what: 'an unknown transfer coding', more: 'Transfer-Encoding: gzip\r\n' },
    { what: 'a field without a colon', more: 'nonsense\r\n' },
    { what: 'a name that is none', more: 'a b: c\r\n' },
    { what: 'a version that nobody speaks', line: 'GET / HTTP/7.0' },
    { what: 'a second Host', more: 'Host: other.example\r\n' },
    { what: 'no HTTP at all', line: 'hello' },
  ])('$what', async ({ line = 'GET / HTTP/1.1', more = '' }) => {
    for (const host of HOSTS) {
      const problem = problemOf(await edge.raw(host, `${line}\r\nHost: ${host}\r\n${more}\r\n`))
      expect(problem).toMatchObject({ type: typeOf('bad_request'), code: 'bad_request' })
    }
    nobodyWasAsked()
  })

  test('no Host', async () => {
    for (const host of HOSTS) {
      expect(problemOf(await edge.raw(host, 'GET / HTTP/1.1\r\n\r\n')).code).toBe('bad_request')
    }
    nobodyWasAsked()
  })

  test('a body that is not framed as it says', async () => {
    for (const host of [WEB, API]) {
      const broken = `POST /api/v1/me HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbroken\r\n`
      expect(problemOf(await edge.raw(host, broken)).code).toBe('bad_request')
    }
  })

  test('over HTTP/2, where the stream can be answered', async () => {
    for (const host of HOSTS) {
      const answer = await edge.askHttp2({ host, path: '/%zz' })
      expect(answer.status).toBe(400)
      expect(JSON.parse(answer.text).code).toBe('bad_request')
    }
    nobodyWasAsked()
  })

  test('as a page where a browser opens one', async () => {
    const accept = 'text/html,application/xhtml+xml'
    const text = await edge.raw(
      WEB,
      `GET /%zz HTTP/1.1\r\nHost: ${WEB}\r\nAccept: ${accept}\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1.1 400 /)
    expect(text).toContain('<!doctype html>')
    const answer = await edge.askHttp2({ host: WEB, path: '/%zz', headers: { accept } })
    expect([answer.status, answer.headers['content-type']]).toEqual([
      400,
      'text/html; charset=utf-8',
    ])
  })
})

test.each(['FOO', 'get', 'X'.repeat(40)])('the unknown method %s is a 405', async (method) => {
  for (const host of HOSTS) {
    const text = await edge.raw(
      host,
      `${method} / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    expect(problemOf(text)).toMatchObject({
      type: typeOf('method_not_allowed'),
      code: 'method_not_allowed',
    })
  }
  nobodyWasAsked()
})

test('a session is asked with every method that its IDE knows', async () => {
  for (const method of ['PROPFIND', 'MKCOL', 'REPORT', 'M-SEARCH']) {
    expect((await edge.ask({ host: SESSION, method })).status).toBe(200)
  }
})

test('more fields than fit are a 431 of the catalogue', async () => {
  const fields = Array.from({ length: 600 }, (_, index) => `a${index}: b\r\n`).join('')
  const text = await edge.raw(API, `GET / HTTP/1.1\r\nHost: ${API}\r\n${fields}\r\n`)
  expect(problemOf(text)).toMatchObject({ type: typeOf('headers_too_large'), status: 431 })
  const headers = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`a${at}`, 'b']))
  expect((await edge.askHttp2({ host: API, headers })).status).toBe(431)
  nobodyWasAsked()
})

test('what the edge answers itself is in the catalogue, each type once', async () => {
  const answers = [
    await edge.ask({ host: SESSION, headers: { 'sec-fetch-site': 'cross-site' } }),
    await edge.ask({ host: 'evil.example', serverName: WEB }),
    await edge.ask({ host: SESSION, headers: { connection: 'Upgrade', upgrade: 'h2c' } }),
    await edge.ask({ host: SESSION, method: 'TRACE' }),
  ]
  edge.session.reply = () => ({ drop: true })
  answers.push(await edge.ask({ host: SESSION }))
  edge.api.reply = () => ({ hang: true })
  answers.push(await edge.ask({ host: SESSION }))
  const catalogue = new Map<string, { status: number; title: string }>(
    Object.values(PROBLEMS).map((problem) => [`${PROBLEM_TYPE_PREFIX}${problem.suffix}`, problem]),
  )
  for (const { status, text } of answers) {
    const { type, title } = JSON.parse(text)
    expect(catalogue.get(type)).toMatchObject({ status, title })
  }
  expect(answers.map(({ status }) => status)).toEqual([403, 421, 400, 405, 502, 504])
})
