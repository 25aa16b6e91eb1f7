import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { PROBLEMS } from '@medforge/contracts'
import { eventually } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { type TestApp, test } from '../app.ts'

const UPLOAD = 'POST /api/v1/competitions/titanic-survival/submissions'

async function listen(api: TestApp): Promise<number> {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  return (api.app.server.address() as AddressInfo).port
}

/** Writes bytes as they are and reads until the server closes. */
async function converse(port: number, text: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  let output = ''
  socket.on('data', (chunk) => {
    output += chunk
  })
  socket.write(text)
  await once(socket, 'close')
  const [head = '', body = ''] = output.split('\r\n\r\n')
  return { head, body }
}

function expectProblem(answer: { head: string; body: string }, code: keyof typeof PROBLEMS) {
  const { status } = PROBLEMS[code]
  expect(answer.head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(answer.head).toMatch(/^Content-Type: application\/problem\+json/im)
  const requestId = /X-Request-Id: (\S+)/i.exec(answer.head)?.[1]
  expect(JSON.parse(answer.body)).toMatchObject({ code, status, request_id: requestId })
}

describe('a connection', () => {
  test('with headers over 64 KiB is refused with 431, and clears its cookies', async ({ api }) => {
    const cookies = Array.from({ length: 70 }, (_, index) => `c${index}=${'x'.repeat(1000)}`)
    const answer = await converse(
      await listen(api),
      `GET /api/v1/me HTTP/1.1\r\nHost: x\r\nCookie: ${cookies.join('; ')}\r\n\r\n`,
    )
    expectProblem(answer, 'headers_too_large')
    expect(answer.head).toContain('Clear-Site-Data: "cookies"')
  })

  test('with many cookies that a browser may send is served', async ({ api }) => {
    const port = await listen(api)
    const cookies = Array.from({ length: 200 }, (_, index) => `c${index}=${'x'.repeat(200)}`)
    const answer = await converse(
      port,
      `GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${cookies.join('; ')}\r\n\r\n`,
    )
    expect(answer.head).toMatch(/^HTTP\/1.1 401 /)
  })

  test('whose headers never end is closed with 408', async ({ open }) => {
    const api = await open({ timeouts: { headersMs: 200, requestMs: 400 } })
    const answer = await converse(await listen(api), 'GET /api/v1/me HTTP/1.1\r\nHost: x\r\n')
    expectProblem(answer, 'request_timeout')
  })

  test('whose body never ends is closed with 408', async ({ open }) => {
    const api = await open({ timeouts: { bodyMs: 400 } })
    const answer = await converse(
      await listen(api),
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email":',
    )
    expectProblem(answer, 'request_timeout')
  })

  test.for([
    { note: 'no HTTP', text: 'hello\r\n\r\n' },
    {
      note: 'two lengths',
      text: 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    },
    {
      note: 'a length and chunks',
      text: 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
  ])('that speaks $note is closed with a problem', async ({ text }, { api }) => {
    const answer = await converse(await listen(api), text)
    expectProblem(answer, 'bad_request')
  })

  test('without a Host is refused with a problem, and may lack one in HTTP/1.0', async ({
    api,
  }) => {
    const port = await listen(api)
    const answer = await converse(port, 'GET /api/v1/me HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect(answer.head).toMatch(/^HTTP\/1.1 400 /)
    const { detail } = JSON.parse(answer.body.replace(/^[0-9a-f]+\r\n/, ''))
    expect(detail).toBe('The request has no Host header.')
    const old = await converse(port, 'GET /api/v1/me HTTP/1.0\r\n\r\n')
    expect(old.head).toMatch(/^HTTP\/1.1 401 /)
  })

  test('that expects something nobody knows gets the ordinary answer', async ({ api }) => {
    const answer = await converse(
      await listen(api),
      'GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: wonders\r\n\r\n',
    )
    expect(answer.head).toMatch(/^HTTP\/1.1 401 /)
    expect(answer.head).toMatch(/^x-request-id: /im)
  })

  test('asking for an upgrade gets the ordinary answer', async ({ api }) => {
    const answer = await converse(
      await listen(api),
      'GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
    )
    expect(answer.head).toMatch(/^HTTP\/1.1 401 /)
  })

  test.for([
    { to: 'GET /api/v1/status', type: 'image/png', status: 200 },
    { to: 'GET /api/v1/me', type: 'application/json', status: 401 },
    { to: 'POST /api/v1/nowhere', type: 'application/json', status: 404 },
    { to: 'POST /api/v1/auth/login', type: 'text/plain', status: 415 },
    { to: 'POST /api/v1/auth/login', type: 'multipart/form-data; boundary=x', status: 415 },
    { to: UPLOAD, type: 'multipart/form-data; boundary=x', status: 401 },
    {
      to: UPLOAD,
      type: 'multipart/form-data; boundary=x\r\nOrigin: https://elsewhere.example',
      status: 403,
    },
  ])(
    'takes its next request after a large body that $to left unread with $status',
    async ({ to, type, status }, { api }) => {
      const socket = connect(await listen(api), '127.0.0.1')
      let output = ''
      socket.on('data', (chunk) => {
        output += chunk
      })
      const head = `${to} HTTP/1.1\r\nHost: api.medforge.localhost\r\nContent-Type: ${type}\r\nContent-Length: 400000\r\n\r\n`
      socket.write(head + 'x'.repeat(400_000))
      await eventually(() => expect(output).toMatch(new RegExp(`^HTTP/1.1 ${status} `)))
      const closed = once(socket, 'close')
      socket.write('GET /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      await closed
      expect(output.match(/HTTP\/1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 200'])
    },
  )

  test('in use when the server stops gets its answer, and new ones are refused', async ({
    open,
  }) => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const api = await open({
      arrange: ({ platform }) => {
        const { readStatus } = platform
        platform.readStatus = async () => {
          asked.resolve()
          await gate.promise
          return readStatus()
        }
      },
    })
    const port = await listen(api)
    const answer = converse(port, 'GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n')
    await asked.promise
    const closed = api.app.close()
    await eventually(() => expect(converse(port, '\r\n')).rejects.toThrow('ECONNREFUSED'))
    gate.resolve()
    expect((await answer).head).toMatch(/^HTTP\/1.1 200 /)
    await closed
  })
})
