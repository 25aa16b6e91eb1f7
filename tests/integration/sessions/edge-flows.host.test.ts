import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { createIpc, createIpcPair } from '@medforge/api/ipc/channel.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import type { Docker } from '@medforge/api/reconciler/docker/client.ts'
import { createHostState } from '@medforge/api/reconciler/host/state.ts'
import { createEdgeFlows } from '@medforge/api/reconciler/network/flows.ts'
import { createRevocations } from '@medforge/api/reconciler/revocations.ts'
import type { DB } from '@medforge/db'
import { findFreePort, newHost, newSession, newUser, type Visitor } from '@medforge/test-support'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished } from 'vitest'
import { type TestApp, type TestAppOptions, test } from '../app.ts'
import { echo, SLUG } from '../edge/backend.ts'
import { DOMAIN, type Edge, SESSION, startEdge } from '../edge/edge.ts'
import { exchange } from '../edge/wire.ts'

const execute = promisify(execFile)
const { signal } = new AbortController()

let edge: Edge
let port: number
beforeAll(async () => {
  port = await findFreePort()
  edge = await startEdge({ API_ADDRESS: `127.0.0.1:${port}` })
})
afterAll(() => edge[Symbol.asyncDispose]())
beforeEach(() => edge.reset())

/** Docker as the flows need it: the session's address, and a helper whose command runs here, as this edge has this host's network. */
function dockerOfThisHost(sessionAddress: string): Docker {
  let output = ''
  return {
    getContainer: () => ({
      inspect: async () => ({
        NetworkSettings: { Networks: { sessions: { IPAddress: sessionAddress } } },
      }),
      start: async () => {},
      wait: async () => ({ StatusCode: 0 }),
      logs: async () => Buffer.from(output),
      remove: async () => {},
    }),
    async createContainer({ Cmd: [command = '', ...args] }: { Cmd: string[] }) {
      output = (await execute(command, args)).stdout
      return { id: 'helper' }
    },
  } as unknown as Docker
}

type OpenApp = (options?: TestAppOptions) => Promise<TestApp>

/** A running session behind the real edge, which asks the real server, and the reconciler's part that cuts. */
async function openWorld(db: Kysely<DB>, open: OpenApp) {
  const pair = createIpcPair()
  const ipc = createIpc(pair.reconciler)
  const api = await open({ ...ENV, endpoint: pair.server })
  await newHost(db)
  const owner = await newUser(db)
  await newSession(db, { user_id: owner.id, slug: SLUG })
  await api.app.listen({ host: '127.0.0.1', port })
  const [sessionAddress = ''] = edge.forbidden.address.split(':')
  const revocations = createRevocations({
    ...{ db, clock: api.clock, host: createHostState(), idleTtlSeconds: 604_800 },
    logger: createLogger('reconciler', 'silent'),
    flows: createEdgeFlows({
      docker: dockerOfThisHost(sessionAddress),
      helperImage: 'none',
      network: 'sessions',
    }),
    flush: ipc.flush,
  })
  const written = () => ipc.flush(20_000, signal)
  expect(await written()).toBe(true)
  return { api, owner, revocations, written }
}

const ENV = { env: { DOMAIN, TRUSTED_PROXIES: '127.0.0.1' } }

async function signIn(api: TestApp, email: string): Promise<Visitor> {
  const visitor = api.visitor({ domain: DOMAIN })
  expect((await visitor.logIn(email)).status).toBe(200)
  return visitor
}

type Open = {
  socket: Socket
  /** The client's end of the connection below TLS. */
  transport: Socket
  closed: Promise<void>
}

/** An accepted websocket of this login. */
async function openWebsocket(
  visitor: Visitor,
  headers: Record<string, string> = {},
  localPort?: number,
): Promise<Open> {
  const { socket, transport } = await connectToEdge('http/1.1', localPort)
  const lines = Object.entries({
    host: SESSION,
    cookie: visitor.cookie() ?? '',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    origin: `https://${SESSION}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const accepted = await exchange(socket, `GET /socket HTTP/1.1\r\n${lines.join('')}\r\n`, {
    until: '\r\n\r\n',
  })
  expect(accepted).toMatch(/^HTTP\/1.1 101 /)
  socket.setTimeout(0)
  const closed = new Promise<void>((ended) => socket.once('close', () => ended()))
  return { socket, transport, closed }
}

// An address of their own: the edge shares this host's ports, and may reach a session by one that a client has.
const CLIENTS_ADDRESS = '127.88.0.7'

async function connectToEdge(protocol: 'http/1.1' | 'h2', localPort?: number) {
  const transport = connect({
    ...{ host: edge.target.address, port: 443, localAddress: CLIENTS_ADDRESS },
    ...(localPort === undefined ? {} : { localPort }),
  })
  const socket = connectTls({
    ...{ socket: transport, servername: SESSION, ALPNProtocols: [protocol] },
    ca: readFileSync(edge.target.certificate),
  })
  // A reset is one way to end.
  for (const each of [transport, socket]) each.on('error', () => {})
  onTestFinished(() => void transport.destroy())
  await once(socket, 'secureConnect')
  return { socket, transport }
}

async function echoes({ socket }: Open): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  if (socket.destroyed) return false
  socket.once('data', () => resolve(true)).once('close', () => resolve(false))
  socket.write('still there?')
  return promise
}

/** An answer that goes on, on a connection of its own. */
async function openStream(visitor: Visitor) {
  const { socket } = await connectToEdge('h2')
  const connection = connectHttp2(`https://${SESSION}`, { createConnection: () => socket })
  connection.on('error', () => {})
  const stream = connection.request({
    ':path': '/stream',
    cookie: visitor.cookie() ?? '',
  })
  stream.on('error', () => {})
  await once(stream, 'data')
  return { stream, closed: new Promise<void>((ended) => stream.once('close', () => ended())) }
}

describe('the end of a login at the real edge', () => {
  beforeEach(() => {
    edge.session.reply = (seen) =>
      seen.url === '/stream' ? { body: 'first', hold: true } : echo(seen)
  })

  test('cuts an admin’s websocket into somebody’s session, and not its owner’s', async ({
    db,
    open,
  }) => {
    const { api, owner, revocations } = await openWorld(db, open)
    const admin = await signIn(api, (await newUser(db, { role: 'admin' })).email)
    const [theirs, own] = [
      await openWebsocket(admin),
      await openWebsocket(await signIn(api, owner.email)),
    ]
    expect([await echoes(theirs), await echoes(own)]).toEqual([true, true])
    await admin.post('/auth/logout')
    await revocations.runOnce(signal)
    await theirs.closed
    expect(await echoes(own)).toBe(true)
  })

  test('cuts one device’s websocket and answer, and not the other’s', async ({ db, open }) => {
    const { api, owner, revocations } = await openWorld(db, open)
    const [phone, laptop] = [await signIn(api, owner.email), await signIn(api, owner.email)]
    const [ended, kept] = [await openWebsocket(phone), await openWebsocket(laptop)]
    const [endedStream, keptStream] = [await openStream(phone), await openStream(laptop)]
    await phone.post('/auth/logout')
    await revocations.runOnce(signal)
    await Promise.all([ended.closed, endedStream.closed])
    expect(await echoes(kept)).toBe(true)
    expect(keptStream.stream.destroyed).toBe(false)
  })

  test('believes nobody who says that a connection is another', async ({ db, open }) => {
    const { api, owner, revocations } = await openWorld(db, open)
    const [phone, laptop] = [await signIn(api, owner.email), await signIn(api, owner.email)]
    const kept = await openWebsocket(laptop)
    const claim = `${CLIENTS_ADDRESS}:${kept.transport.localPort} HTTP/1.1`
    const ended = await openWebsocket(phone, { 'x-medforge-client': claim })
    await phone.post('/auth/logout')
    await revocations.runOnce(signal)
    await ended.closed
    expect(await echoes(kept)).toBe(true)
  })

  test('leaves whoever has got the same port since', async ({ db, open }) => {
    const { api, owner, revocations } = await openWorld(db, open)
    const [phone, laptop] = [await signIn(api, owner.email), await signIn(api, owner.email)]
    const { transport, closed } = await openWebsocket(phone)
    const { localPort } = transport
    // Without TIME-WAIT, which would keep the port.
    transport.resetAndDestroy()
    await closed
    const kept = await openWebsocket(laptop, {}, localPort)
    expect(kept.transport.localPort).toBe(localPort)
    await phone.post('/auth/logout')
    await revocations.runOnce(signal)
    expect(await echoes(kept)).toBe(true)
  })

  test('cuts all of the session where nobody wrote down who came', async ({ db, open }) => {
    const { api, owner, revocations, written } = await openWorld(db, open)
    const [phone, laptop] = [await signIn(api, owner.email), await signIn(api, owner.email)]
    const ended = [await openWebsocket(phone), await openWebsocket(laptop)]
    await written()
    await db.deleteFrom('session_accesses').execute()
    // The next server finds that the one before did not close its notes.
    const next = createIpcPair()
    await open({ ...ENV, endpoint: next.server })
    expect(await createIpc(next.reconciler).flush(20_000, signal)).toBe(true)
    await phone.post('/auth/logout')
    await revocations.runOnce(signal)
    await Promise.all(ended.map(({ closed }) => closed))
  })
})
