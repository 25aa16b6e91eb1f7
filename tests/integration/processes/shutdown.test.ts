import { connect, type Socket } from 'node:net'
import type { CreateSessionResult, SubmissionAccepted } from '@medforge/contracts'
import { toSqlTime } from '@medforge/db'
import { eventually, newHost, newUser, PASSWORD } from '@medforge/test-support'
import { describe, expect } from 'vitest'
import { serverEnv } from '../app.ts'
import { test as base, multipart, TITANIC, titanicCsv } from '../competitions/site.ts'
import { type Started, startServer } from './start-server.ts'

const SLOW = { timeoutMs: 60_000 }
const DEFAULT_ENV = { AUTO_SCORE_ON_SUBMIT: 'false' }

const test = base.extend('server', async ({ site, database }, { onCleanup }) => {
  const env = { ...DEFAULT_ENV, SUBMISSIONS_DIR: site.submissionsDir }
  const server = await startServer(serverEnv(database.urlOf('server'), env))
  onCleanup(async () => {
    server.child.kill('SIGKILL')
    await server.exited
  })
  await eventually(() => expect(server.output()).toContain('server.listening'), SLOW)
  return server
})

describe('a server that is asked to end', { timeout: 90_000 }, () => {
  test('keeps and answers the upload that is on its way', async ({ server, site, db }) => {
    const cookie = await logIn(server, (await newUser(db)).email)
    const form = multipart([{ name: 'file', filename: 'a.csv', content: titanicCsv() }])
    const request = open(server, `/api/v1/competitions/${TITANIC}/submissions`, {
      ...form.headers,
      cookie,
      'content-length': String(form.body.length),
    })
    request.socket.write(form.body.subarray(0, 2000))
    await eventually(async () => expect(await site.files()).toHaveLength(1), SLOW)
    await askToEnd(server)
    request.socket.write(form.body.subarray(2000))

    const { head, data } = await request.answer<SubmissionAccepted>()
    expect(head).toMatch(/^HTTP\/1.1 201 /)
    expect(head).toMatch(/^connection: close$/im)
    expect(await server.exited).toEqual([0, null])
    expect(await site.files()).toEqual([`${data.submission.id}.csv`])
    const rows = await db.selectFrom('submissions').select('id').execute()
    expect(rows).toEqual([{ id: data.submission.id }])
  })

  test('leaves neither file nor row of an upload whose sender gives up', async ({
    server,
    site,
    db,
  }) => {
    const cookie = await logIn(server, (await newUser(db)).email)
    const form = multipart([{ name: 'file', filename: 'a.csv', content: titanicCsv() }])
    const { socket } = open(server, `/api/v1/competitions/${TITANIC}/submissions`, {
      ...form.headers,
      cookie,
      'content-length': String(form.body.length),
    })
    socket.write(form.body.subarray(0, 2000))
    await eventually(async () => expect(await site.files()).toHaveLength(1), SLOW)
    await askToEnd(server)
    socket.destroy()
    expect(await server.exited).toEqual([0, null])
    expect(await site.files()).toEqual([])
    expect(await db.selectFrom('submissions').select('id').execute()).toEqual([])
  })

  test('answers the launch that is under way once the session runs', async ({ server, db }) => {
    await newHost(db)
    const cookie = await logIn(server, (await newUser(db)).email)
    const at = toSqlTime(new Date())
    const value = JSON.stringify({ able: true, reasons: [], boot_id: 'b' })
    await db
      .insertInto('platform_state')
      .values({ name: 'reconciler', value, updated_at: at })
      .execute()
    const headers = { cookie, 'content-type': 'application/json', 'content-length': '2' }
    const request = open(server, '/api/v1/sessions', headers)
    request.socket.write('{}')
    const findRow = () => db.selectFrom('sessions').selectAll().executeTakeFirst()
    await eventually(
      async () => expect(await findRow()).toMatchObject({ status: 'starting' }),
      SLOW,
    )
    await askToEnd(server)
    // What the reconciler does, which goes on without the server.
    await db.updateTable('sessions').set({ status: 'running', started_at: at }).execute()

    const { head, data } = await request.answer<CreateSessionResult>()
    expect(head).toMatch(/^HTTP\/1.1 201 /)
    expect(data.session.status).toBe('running')
    expect(await server.exited).toEqual([0, null])
  })
})

async function logIn({ url }: Started, email: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  })
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

async function askToEnd({ child, output }: Started): Promise<void> {
  child.kill('SIGTERM')
  await eventually(() => expect(output()).toContain('process.stopping'), SLOW)
}

/** A request whose head is sent; its body is the caller's to write. */
function open({ port }: Started, path: string, headers: Record<string, string>) {
  const socket: Socket = connect(port, '127.0.0.1')
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  let output = ''
  socket.on('data', (chunk) => {
    output += chunk
  })
  socket.on('error', () => resolve())
  socket.on('close', () => resolve())
  const lines = Object.entries({ host: 'api.medforge.localhost', ...headers })
  socket.write(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`,
  )
  return {
    socket,
    async answer<Data>(): Promise<{ head: string; data: Data }> {
      await closed
      const [head = '', body = ''] = output.split('\r\n\r\n')
      return { head, data: JSON.parse(body).data }
    },
  }
}
