import { type AddressInfo, connect, type Socket } from 'node:net'
import { eventually } from '@medforge/test-support'
import { expect } from 'vitest'
import type { TestApp } from '../app.ts'
import { multipart, signIn, TITANIC, test, titanicCsv } from './site.ts'

const ORIGIN = 'https://medforge.localhost'

async function listen(api: TestApp): Promise<number> {
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  return (api.app.server.address() as AddressInfo).port
}

type Line = { socket: Socket; output: string }

/** A request with a body of which only the beginning is sent. */
function begin(port: number, cookie: string, to: string, first: string, length: number): Line {
  const socket = connect(port, '127.0.0.1')
  const line = { socket, output: '' }
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    line.output += chunk
  })
  const head = [
    `POST /api/v1/competitions/${TITANIC}/${to} HTTP/1.1`,
    'Host: api.medforge.localhost',
    `Origin: ${ORIGIN}`,
    `Cookie: ${cookie}`,
    'Content-Type: multipart/form-data; boundary=x',
    `Content-Length: ${length}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${first}`)
  return line
}

const PART = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

test('accounts that drip hold nobody up for long, and learn why they were ended', {
  timeout: 90_000,
}, async ({ site, site_api, db }) => {
  const port = await listen(site_api)
  const lines: Line[] = []
  for (let account = 0; account < 12; account += 1) {
    const { visitor } = await signIn(site_api, db)
    for (const to of ['submissions', 'submissions/validate']) {
      const first = `${PART}PassengerId,Survived\n`
      lines.push(begin(port, visitor.cookie() ?? '', to, first, 100_000))
    }
  }
  const drip = setInterval(() => {
    for (const { socket } of lines) if (socket.writable) socket.write('8')
  }, 1000)
  try {
    await eventually(async () => expect((await site.files()).length).toBeGreaterThan(0))
    const { visitor } = await signIn(site_api, db)
    const { headers, body } = multipart([
      { name: 'file', filename: 'ok.csv', content: titanicCsv() },
    ])
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/v1/competitions/${TITANIC}/submissions`,
      {
        method: 'POST',
        headers: { ...headers, cookie: visitor.cookie() ?? '', origin: ORIGIN },
        body: new Uint8Array(body),
        // Shorter than the time after which a server ends any request by itself.
        signal: AbortSignal.timeout(40_000),
      },
    )
    expect(answer.status).toBe(201)
    const [first] = lines
    await eventually(() => {
      expect(first?.output).toMatch(/^HTTP\/1.1 408 /)
      expect(first?.output).toMatch(/^connection: close\r$/im)
      expect(first?.output).toContain('too slowly')
      expect(first?.socket.readyState).not.toBe('open')
    })
  } finally {
    clearInterval(drip)
    for (const { socket } of lines) socket.destroy()
  }
  await eventually(async () =>
    expect((await site.files()).filter((name) => name.endsWith('.part'))).toEqual([]),
  )
})

test('a file that comes faster than 64 KiB/s is accepted, however much longer it takes than other bodies may', async ({
  site,
  open,
  db,
}) => {
  const bodyMs = 300
  const api = await open({
    env: { SUBMISSIONS_DIR: site.submissionsDir, AUTO_SCORE_ON_SUBMIT: 'false' },
    timeouts: { bodyMs },
  })
  // The true limit, for the true size: 160 s at 64 KiB/s.
  expect(api.app.server.requestTimeout).toBeGreaterThan((10 * 1024 * 1000) / 64)
  const port = await listen(api)
  const { visitor } = await signIn(api, db)
  const cookie = visitor.cookie() ?? ''
  const long = titanicCsv().replaceAll(',0\n', `,0,${'x'.repeat(700)}\n`)
  const csv = long.replace('Survived\n', 'Survived,note\n')
  const body = Buffer.from(`${PART}${csv}\r\n--x--\r\n`)
  const startedMs = performance.now()
  const head = body.subarray(0, 1000).toString()
  const line = begin(port, cookie, 'submissions', head, body.length)
  let at = 1000
  const sending = setInterval(() => {
    line.socket.write(body.subarray(at, at + 10_000))
    at += 10_000
    if (at >= body.length) clearInterval(sending)
  }, 40)
  try {
    await eventually(() => expect(line.output).toMatch(/^HTTP\/1.1 201 /))
    expect(performance.now() - startedMs).toBeGreaterThan(3 * bodyMs)
  } finally {
    clearInterval(sending)
    line.socket.destroy()
  }
})

test('a file that was on its way when its account was disabled is not accepted', async ({
  site,
  site_api,
  db,
}) => {
  const port = await listen(site_api)
  const { visitor: admin } = await signIn(site_api, db, { role: 'admin' })
  const { visitor, userId } = await signIn(site_api, db)
  const body = `${PART}${titanicCsv()}\r\n--x--\r\n`
  const cookie = visitor.cookie() ?? ''
  const line = begin(port, cookie, 'submissions', body.slice(0, 200), Buffer.byteLength(body))
  await eventually(async () => expect(await site.files()).toHaveLength(1))
  const change = { method: 'PATCH' as const, body: { is_disabled: true } }
  expect((await admin.ask(`/admin/users/${userId}`, change)).status).toBe(200)
  line.socket.write(body.slice(200))
  await eventually(() => expect(line.output).toMatch(/^HTTP\/1.1 401 [\s\S]*authentication_failed/))
  line.socket.destroy()
  expect(await db.selectFrom('submissions').select('id').execute()).toEqual([])
  expect(await site.files()).toEqual([])
})
