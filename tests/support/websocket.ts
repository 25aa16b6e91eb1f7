import { randomBytes } from 'node:crypto'
import { request } from 'node:https'
import type { Duplex } from 'node:stream'
import { connectTo } from './https.ts'

/** Either the socket after a successful handshake, or the status that refused it. */
export type Handshake =
  | { status: 101; socket: Duplex; closed: Promise<void> }
  | { status: number; socket?: undefined }

/** A websocket handshake over verified TLS; what follows is raw bytes. */
export function openWebsocket(
  host: string,
  path: string,
  headers: Record<string, string>,
): Promise<Handshake> {
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>()
  const call = request({
    ...connectTo({ host }),
    path,
    headers: {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      ...headers,
    },
    timeout: 20_000,
  })
  call.on('upgrade', (_response, socket) => {
    // A reset is one way to end; what matters is that it ended.
    socket.on('error', () => {})
    const closed = new Promise<void>((ended) => socket.once('close', () => ended()))
    socket.resume()
    resolve({ status: 101, socket, closed })
  })
  call.on('response', (response) => {
    response.resume()
    resolve({ status: response.statusCode ?? 0 })
  })
  call.on('timeout', () => call.destroy(new Error('The handshake got no answer.')))
  call.on('error', reject)
  call.end()
  return promise
}
