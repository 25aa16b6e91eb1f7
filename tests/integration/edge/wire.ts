import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  type IncomingHttpHeaders,
} from 'node:http2'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

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

/** What a browser sends to make a websocket. */
export const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

export type Target = { address: string; certificate: string }

export function ask(target: Target, options: Ask): Promise<Answer> {
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
  // Only what the handshake says is wanted, not the connection.
  call.on('upgrade', ({ statusCode: status = 0, headers }, socket) => {
    socket.destroy()
    resolve({ status, headers, text: '' })
  })
  call.on('timeout', () => call.destroy(new Error('no answer within 10 s')))
  call.on('error', reject)
  call.end(options.body)
  return promise
}

/** The same over HTTP/2. Rejects when the edge resets the stream. */
export async function askHttp2(target: Target, options: Ask): Promise<Answer> {
  const session = connectHttp2(`https://${target.address}`, {
    servername: options.serverName ?? options.host,
    ca: readFileSync(target.certificate),
    maxSendHeaderBlockLength: 2_000_000,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  session.on('error', reject)
  // What the edge offers comes with its settings, and decides whether an extended CONNECT may be sent at all.
  await Promise.race([once(session, 'remoteSettings'), promise])
  try {
    const stream = session.request({
      ':method': options.method ?? 'GET',
      ':authority': options.host,
      ...(options.method === 'CONNECT' && options.headers?.[':protocol'] === undefined
        ? {}
        : { ':path': options.path ?? '/', ':scheme': 'https' }),
      ...options.headers,
    })
    let head: IncomingHttpHeaders = {}
    const chunks: Buffer[] = []
    stream.on('response', (headers) => {
      head = headers
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      resolve({ status: Number(head[':status'] ?? 0), headers: head, text })
    })
    stream.setTimeout(10_000, () => stream.destroy(new Error('no answer within 10 s')))
    stream.end(options.body)
    return await promise
  } finally {
    session.destroy()
  }
}

export async function askPlain(address: string, host: string, path: string): Promise<Answer> {
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

export async function askProbe(
  network: string,
  path: string,
  from: 'api' | 'stranger',
): Promise<number> {
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

export async function openTls(target: Target, serverName: string): Promise<TLSSocket> {
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

/** Requests on it go to `serverName`. It ends without an error when the edge ends. */
export async function openHttp2(target: Target, serverName: string): Promise<ClientHttp2Session> {
  const ca = readFileSync(target.certificate)
  const socket = connectTls({
    ...{ host: target.address, port: 443, servername: serverName, ca, ALPNProtocols: ['h2'] },
  })
  await once(socket, 'secureConnect')
  const session = connectHttp2(`https://${serverName}`, { createConnection: () => socket })
  session.on('error', () => {})
  await once(session, 'remoteSettings')
  return session
}

export async function raw(
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
