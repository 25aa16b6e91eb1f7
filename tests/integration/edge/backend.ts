import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** The session that the tests open. */
export const SLUG = 'aaaabbbb'

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
  /** Answer after so long. */
  delayMs?: number
  /** Never answer. */
  hang?: boolean
  /** Break the connection instead of answering. */
  drop?: boolean
  /** Send headers and body, and never end. */
  hold?: boolean
  /** Answer with bytes that no HTTP library would send. */
  takeOver?: (socket: Socket) => void
}

export type Backend = {
  seen: Seen[]
  /** How it answers; tests replace it. */
  reply: (request: Seen) => Reply
}

/** The API's answer for the owner of a running session, the one of the host that was asked about. */
export function allow(asked?: Seen): Reply {
  const slug = /^s-([a-z2-7]{8})\./i.exec(valuesOf(asked, 'host')[0] ?? '')?.[1]?.toLowerCase()
  return {
    status: 200,
    headers: {
      'x-upstream': `mf-session-${slug ?? SLUG}:8080`,
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

export type RunningBackend = Backend & { close: () => Promise<void> }

export async function startBackend(address: string, port: number): Promise<RunningBackend> {
  const open = new Set<Socket>()
  const backend: RunningBackend = {
    seen: [],
    reply: echo,
    close: () => closeServer(server, open),
  }
  const server = createServer({ maxHeaderSize: 128 * 1024 }, (incoming, outgoing) => {
    // A request that breaks off is nobody's to answer.
    respond(backend, incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  // A websocket server as far as the edge can tell: it accepts, with the headers of its reply, and sends back what it gets; or it does
  // what `takeOver` does.
  server.on('upgrade', (incoming, socket: Socket, head: Buffer) => {
    const seen = recordOf(incoming, '')
    backend.seen.push(seen)
    const { takeOver, headers } = backend.reply(seen)
    if (takeOver) return takeOver(socket)
    socket.write(acceptance(headers), 'latin1')
    socket.write(head)
    socket.pipe(socket)
    socket.on('error', () => socket.destroy())
  })
  server.listen(port, address)
  await once(server, 'listening')
  return backend
}

/** The answer that makes a websocket of the connection. */
export function acceptance(headers: Reply['headers'] = {}): string {
  const lines = Object.entries({ connection: 'Upgrade', upgrade: 'websocket', ...headers }).flatMap(
    ([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`),
  )
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`
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
  if (reply.delayMs !== undefined) await delay(reply.delayMs)
  if (reply.takeOver) {
    reply.takeOver(incoming.socket)
    return
  }
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
