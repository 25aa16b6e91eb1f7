import { randomBytes, randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { openWebsocket } from '../support/websocket.ts'

/** A browser's management connection to code-server, as the workbench opens it. */
export interface IdeConnection {
  /** Ask the IDE something; resolves when it has answered through the same websocket. */
  roundTrip(timeoutMs: number): Promise<void>
  /** Why it ended, once it has. */
  readonly ended: Promise<string>
  close(): void
}

// Kinds of messages of the IDE's own protocol, which runs inside of websocket frames: a header of 13 bytes, then data.
const REGULAR = 1
const CONTROL = 2
const DISCONNECT = 5
const KEEP_ALIVE = 9
const HEADER = 13
const KEEP_ALIVE_EVERY_MS = 5_000
const HANDSHAKE_LIMIT_MS = 20_000

/**
 * Websocket, the protocol's own handshake, then keep-alives like a browser's until it is closed.
 *
 * @param commit  the IDE's build, which both sides must agree on
 */
export async function openIdeConnection(
  host: string,
  commit: string,
  headers: Record<string, string>,
): Promise<IdeConnection> {
  const query = `reconnectionToken=${randomUUID()}&reconnection=false&skipWebSocketFrames=false`
  const path = `/stable-${commit}?${query}`
  const shake = await openWebsocket(host, path, { ...headers, origin: `https://${host}` })
  if (!shake.socket) throw new Error(`The IDE's websocket was answered ${shake.status}.`)
  const { socket } = shake
  const ended = Promise.withResolvers<string>()
  const answers = createQueue<{ kind: number; data: Buffer }>()
  let received = 0
  let sent = 0

  const send = (kind: number, data: Buffer) => {
    const header = Buffer.alloc(HEADER)
    header.writeUInt8(kind, 0)
    if (kind === REGULAR) sent += 1
    header.writeUInt32BE(kind === REGULAR ? sent : 0, 1)
    header.writeUInt32BE(received, 5)
    header.writeUInt32BE(data.length, 9)
    writeFrame(socket, Buffer.concat([header, data]))
  }
  const sendControl = (message: object) => send(CONTROL, Buffer.from(JSON.stringify(message)))

  readMessages(socket, {
    message({ kind, id, data }) {
      if (kind === REGULAR) received = id
      if (kind === REGULAR || kind === CONTROL) answers.put({ kind, data })
      if (kind === DISCONNECT) ended.resolve('the IDE said that it disconnects')
    },
    closed: (why) => ended.resolve(why),
  })
  socket.once('close', () => ended.resolve('the connection was closed'))

  sendControl({ type: 'auth', auth: '00000000000000000000', data: randomUUID() })
  await answers.take(HANDSHAKE_LIMIT_MS)
  sendControl({ type: 'connectionType', commit, signedData: '', desiredConnectionType: 1 })
  const accepted = JSON.parse((await answers.take(HANDSHAKE_LIMIT_MS)).data.toString('utf8'))
  if (accepted.type !== 'ok') throw new Error(`The IDE refused: ${JSON.stringify(accepted)}`)
  // Who the client says it is; the IDE answers that it is ready.
  send(REGULAR, text('bench'))
  await answers.take(HANDSHAKE_LIMIT_MS)

  const alive = setInterval(() => send(KEEP_ALIVE, Buffer.alloc(0)), KEEP_ALIVE_EVERY_MS)
  void ended.promise.then(() => clearInterval(alive))
  let requests = 0
  return {
    ended: ended.promise,
    async roundTrip(timeoutMs) {
      requests += 1
      // A call of a channel that nobody serves: the IDE says so after a second.
      send(
        REGULAR,
        Buffer.concat([
          list(number(100), number(requests), text('medforge-bench'), text('ping')),
          NOTHING,
        ]),
      )
      await answers.take(timeoutMs)
    },
    close() {
      clearInterval(alive)
      socket.destroy()
    },
  }
}

type Message = { kind: number; id: number; data: Buffer }

/** Cuts a stream of websocket frames into the protocol's messages; a message may span frames and a frame may hold several. */
function readMessages(
  socket: Duplex,
  on: { message(message: Message): void; closed(why: string): void },
): void {
  let frames: Buffer = Buffer.alloc(0)
  let content: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    frames = Buffer.concat([frames, chunk])
    for (let frame = takeFrame(frames); frame; frame = takeFrame(frames)) {
      frames = frame.rest
      if (frame.opcode === 8) on.closed(`a close frame (${frame.payload.toString('hex')})`)
      else if (frame.opcode === 9) writeFrame(socket, frame.payload, 10)
      else if (frame.opcode <= 2) content = Buffer.concat([content, frame.payload])
    }
    while (content.length >= HEADER && content.length >= HEADER + content.readUInt32BE(9)) {
      const end = HEADER + content.readUInt32BE(9)
      const data = content.subarray(HEADER, end)
      on.message({ kind: content.readUInt8(0), id: content.readUInt32BE(1), data })
      content = content.subarray(end)
    }
  })
}

/** The first whole frame of a server, or undefined while it is not there yet. Servers do not mask. */
function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1) & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return undefined
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < head + length) return undefined
  const opcode = bytes.readUInt8(0) & 0x0f
  return {
    opcode,
    payload: bytes.subarray(head, head + length),
    rest: bytes.subarray(head + length),
  }
}

function writeFrame(socket: Duplex, payload: Buffer, opcode = 2): void {
  if (socket.destroyed) return
  const mask = randomBytes(4)
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | payload.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, payload.length >> 8, payload.length & 0xff])
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
  socket.write(Buffer.concat([head, mask, masked]))
}

// Values as the IDE's calls carry them: a tag, then the value; lengths below 128 are one byte.
const NOTHING = Buffer.from([0])
const text = (value: string) =>
  Buffer.concat([Buffer.from([1, Buffer.byteLength(value)]), Buffer.from(value)])
const list = (...items: Buffer[]) => Buffer.concat([Buffer.from([4, items.length]), ...items])
function number(value: number): Buffer {
  const bytes = [6]
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

function createQueue<T>() {
  const values: T[] = []
  let waiting: ((value: T) => void) | undefined
  return {
    put(value: T): void {
      if (waiting) waiting(value)
      else values.push(value)
    },
    /** The next value; rejects when none came in time. */
    take(timeoutMs: number): Promise<T> {
      const value = values.shift()
      if (value !== undefined) return Promise.resolve(value)
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const timer = setTimeout(() => {
        waiting = undefined
        reject(new Error(`The IDE did not answer within ${timeoutMs} ms.`))
      }, timeoutMs)
      waiting = (late) => {
        clearTimeout(timer)
        waiting = undefined
        resolve(late)
      }
      return promise
    },
  }
}
