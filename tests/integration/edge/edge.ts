import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** The folder that Caddy's container mounts. */
export const CONFIGURATION = `${ROOT}/deploy/caddy`

export const DOMAIN = 'edge.test'
export const SLUG = 'aaaabbbb'
export const WEB = `medforge.${DOMAIN}`
export const API = `api.medforge.${DOMAIN}`
export const SESSION = `s-${SLUG}.medforge.${DOMAIN}`

/** What a server behind the edge was asked, exactly as it arrived. */
export type Seen = {
  method: string
  url: string
  /** Name and value pairs in order, names as sent. */
  headers: [string, string][]
  body: string
}

export type Reply = {
  status?: number
  /** A list sends the header several times. */
  headers?: Record<string, string | string[]>
  body?: string
  /** Never answer. */
  hang?: boolean
  /** Break the connection instead of answering. */
  drop?: boolean
  /** Send headers and body, and never end. */
  hold?: boolean
}

export type Backend = {
  seen: Seen[]
  /** How it answers; tests replace it. */
  reply: (request: Seen) => Reply
}

export type Ask = {
  host: string
  path?: string
  method?: string
  headers?: Record<string, string | string[]>
  body?: string
  /** Name in the TLS handshake, where it is not `host`. */
  serverName?: string
}

export type Answer = {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

export type Edge = AsyncDisposable & {
  api: Backend
  web: Backend
  session: Backend
  ask: (options: Ask) => Promise<Answer>
  /** Plain http on port 80. */
  askPlain: (host: string, path: string) => Promise<Answer>
  askProbe: (path: string, from: 'api' | 'stranger') => Promise<number>
  /** Whether a certificate for this host name may be asked for. */
  mayCertify: (host: string) => Promise<boolean>
  /** Send bytes as they are; everything that came back until the end or `waitMs` of silence. */
  raw: (serverName: string, bytes: string, waitMs?: number) => Promise<string>
  /** An open TLS connection, for upgrades. */
  connect: (serverName: string) => Promise<TLSSocket>
  reset: () => void
}

/** Every address of one run lies in a loopback network of its own, so that all the real ports can be used. */
function pickNetwork(): string {
  return `127.77.${1 + (process.pid % 250)}`
}

/**
 * The real Caddy with the repository's Caddyfile, in front of servers that the test plays: the API on 8000, the web on 3000,
 * and one session's container on 8080.
 */
export async function startEdge(environment: Record<string, string> = {}): Promise<Edge> {
  const network = pickNetwork()
  const data = mkdtempSync(join(tmpdir(), 'medforge-edge-'))
  const api = await startBackend(`${network}.3`, 8000)
  const web = await startBackend(`${network}.6`, 3000)
  const session = await startBackend(`${network}.10`, 8080)
  const name = `medforge-edge-test-${process.pid}`
  const settings: Record<string, string> = {
    DOMAIN,
    TLS_MODE: 'internal',
    EDGE_LISTEN: `${network}.2`,
    API_ADDRESS: `${network}.3:8000`,
    WEB_ADDRESS: `${network}.6:3000`,
    PROBE_LISTEN: `${network}.2`,
    PROBE_CLIENT: `${network}.3`,
    ASK_LISTEN: `${network}.2`,
    XDG_DATA_HOME: '/data',
    ...environment,
  }
  const caddy = spawn(
    'docker',
    [
      ...['run', '--rm', '--init', '--name', name, '--network', 'host', '--user', '0:0'],
      ...['--cap-drop', 'ALL', '--cap-add', 'NET_BIND_SERVICE', '--cap-add', 'DAC_OVERRIDE'],
      ...['--add-host', `mf-session-${SLUG}:${network}.10`],
      ...['--volume', `${CONFIGURATION}:/etc/caddy:ro`, '--volume', `${data}:/data`],
      ...Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      findImage(),
      ...['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  for (const stream of [caddy.stdout, caddy.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
  }
  const ended = once(caddy, 'exit')
  const certificate = join(data, 'caddy/pki/authorities/local/root.crt')
  const target = { address: `${network}.2`, certificate }
  const edge: Edge = {
    api,
    web,
    session,
    ask: (options) => ask(target, options),
    askPlain: (host, path) => askPlain(target.address, host, path),
    askProbe: (path, from) => askProbe(network, path, from),
    mayCertify: async (host) => (await fetch(`http://${network}.2:8082/?domain=${host}`)).ok,
    connect: (serverName) => openTls(target, serverName),
    raw: (serverName, bytes, waitMs = 1_500) => raw(target, serverName, bytes, waitMs),
    reset: () => {
      for (const backend of [api, web, session]) backend.seen.length = 0
      api.reply = allow
      web.reply = echo
      session.reply = echo
    },
    async [Symbol.asyncDispose]() {
      await execute('docker', ['kill', name]).catch(() => undefined)
      await ended
      for (const backend of [api, web, session]) await backend.close()
      rmSync(data, { recursive: true, force: true })
    },
  }
  edge.reset()
  try {
    await waitUntilReady(edge, certificate, () => (caddy.exitCode === null ? undefined : log))
  } catch (error) {
    await edge[Symbol.asyncDispose]()
    throw error
  }
  edge.reset()
  return edge
}

/** The API's answer for the owner of a running session. */
export function allow(): Reply {
  return {
    status: 200,
    headers: {
      'x-upstream': `mf-session-${SLUG}:8080`,
      'x-request-id': 'id-of-the-api',
      'content-type': 'application/json',
    },
    body: '{"data":{"message":"ok"}}',
  }
}

export function echo(seen: Seen): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(seen),
  }
}

/** All values of a header as a backend saw them. */
export function valuesOf(seen: Seen | undefined, name: string): string[] {
  return (seen?.headers ?? [])
    .filter(([key]) => key.toLowerCase() === name)
    .map(([, value]) => value)
}

async function waitUntilReady(
  edge: Edge,
  certificate: string,
  death: () => string | undefined,
): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const log = death()
    if (log !== undefined) throw new Error(`Caddy ended:\n${log}`)
    if (existsSync(certificate)) {
      const answers = await Promise.allSettled(
        [WEB, API, SESSION].map((host) => edge.ask({ host })),
      )
      if (answers.every(({ status }) => status === 'fulfilled')) return
    }
    if (Date.now() > deadline) throw new Error('Caddy did not become ready within 30 s.')
    await delay(100)
  }
}

type RunningBackend = Backend & { close: () => Promise<void> }

async function startBackend(address: string, port: number): Promise<RunningBackend> {
  const open = new Set<Socket>()
  const backend: RunningBackend = {
    seen: [],
    reply: echo,
    close: () => closeServer(server, open),
  }
  const server = createServer({ maxHeaderSize: 128 * 1024 }, (incoming, outgoing) => {
    void respond(backend, incoming, outgoing)
  })
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  // A websocket server as far as the edge can tell: it accepts and sends back what it gets.
  server.on('upgrade', (incoming, socket: Socket, head: Buffer) => {
    backend.seen.push(recordOf(incoming, ''))
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    socket.write(head)
    socket.pipe(socket)
    socket.on('error', () => socket.destroy())
  })
  server.listen(port, address)
  await once(server, 'listening')
  return backend
}

async function closeServer(server: Server, open: Set<Socket>): Promise<void> {
  for (const socket of open) socket.destroy()
  server.close()
  await once(server, 'close')
}

async function respond(
  backend: Backend,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const seen = recordOf(incoming, Buffer.concat(chunks).toString())
  backend.seen.push(seen)
  const reply = backend.reply(seen)
  if (reply.hang) return
  if (reply.drop) {
    incoming.socket.destroy()
    return
  }
  outgoing.writeHead(reply.status ?? 200, reply.headers ?? {})
  if (reply.hold) outgoing.write(reply.body ?? '')
  else outgoing.end(reply.body ?? '')
}

function recordOf(incoming: IncomingMessage, body: string): Seen {
  const { rawHeaders } = incoming
  const headers: [string, string][] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  return { method: incoming.method ?? '', url: incoming.url ?? '', headers, body }
}

type Target = { address: string; certificate: string }

function ask(target: Target, options: Ask): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const call = request(
    {
      host: target.address,
      port: 443,
      servername: options.serverName ?? options.host,
      ca: readFileSync(target.certificate),
      agent: false,
      path: options.path ?? '/',
      method: options.method ?? 'GET',
      headers: {
        ...(options.body === undefined
          ? {}
          : { 'content-length': Buffer.byteLength(options.body) }),
        host: options.host,
        ...options.headers,
      },
      timeout: 10_000,
    },
    (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, text: Buffer.concat(chunks).toString() })
      })
    },
  )
  call.on('timeout', () => call.destroy(new Error('no answer within 10 s')))
  call.on('error', reject)
  call.end(options.body)
  return promise
}

async function askPlain(address: string, host: string, path: string): Promise<Answer> {
  const socket = connect(80, address)
  await once(socket, 'connect')
  const text = await exchange(
    socket,
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    { silenceMs: 2_000 },
  )
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 2),
    ]),
  )
  return { status: Number(first.split(' ')[1]), headers, text: rest.join('\r\n\r\n') }
}

async function askProbe(network: string, path: string, from: 'api' | 'stranger'): Promise<number> {
  const socket = connect({
    port: 8081,
    host: `${network}.2`,
    localAddress: `${network}.${from === 'api' ? 3 : 9}`,
  })
  await once(socket, 'connect')
  const text = await exchange(
    socket,
    `GET ${path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n`,
    { silenceMs: 3_000 },
  )
  return Number(text.split(' ')[1])
}

async function openTls(target: Target, serverName: string): Promise<TLSSocket> {
  const socket = connectTls({
    host: target.address,
    port: 443,
    servername: serverName,
    ca: readFileSync(target.certificate),
    ALPNProtocols: ['http/1.1'],
  })
  await once(socket, 'secureConnect')
  return socket
}

async function raw(
  target: Target,
  serverName: string,
  bytes: string,
  waitMs: number,
): Promise<string> {
  return exchange(await openTls(target, serverName), bytes, { silenceMs: waitMs })
}

/**
 * Write, and collect what comes back: until it holds `until` (the connection stays open), or until the other end closes or is
 * silent for `silenceMs` (then it is closed).
 */
export function exchange(
  socket: Socket,
  bytes: string,
  stop: { silenceMs?: number; until?: string },
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  const collect = (chunk: Buffer) => {
    text += chunk.toString('latin1')
    if (stop.until !== undefined && text.includes(stop.until)) {
      socket.off('data', collect)
      resolve(text)
    }
  }
  const finish = () => {
    socket.destroy()
    resolve(text)
  }
  socket.setTimeout(stop.silenceMs ?? 5_000)
  socket.on('data', collect)
  for (const event of ['timeout', 'end', 'error']) socket.on(event, finish)
  socket.write(bytes, 'latin1')
  return promise
}

/** The image that the installation runs, or one that the environment names. */
export function findImage(): string {
  // biome-ignore lint/style/noProcessEnv: a developer names another image here
  const named = process.env.MEDFORGE_EDGE_TEST_IMAGE
  if (named) return named
  const file = `${ROOT}/deploy/compose/.env`
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const image = /^CADDY_IMAGE=(\S+)$/m.exec(text)?.[1]
  if (image) return image
  throw new Error('There is no Caddy image yet. Run ./medforge up first, or ./medforge test.')
}
