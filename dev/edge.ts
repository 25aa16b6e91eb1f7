import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { API_HOST, WEB_HOST } from './settings.ts'

export type EdgeOptions = { port: number; apiPort: number; webPort: number }

/**
 * Stands in for Caddy on plain HTTP: one port for the web app and the API, told apart by name as in production.
 *
 * The API knows its origins with `https:` and without a port, so both are rewritten on the way in and out. Listens on loopback only.
 */
export function createEdge({ port, apiPort, webPort }: EdgeOptions): Server {
  const shown = `http://${WEB_HOST}:${port}`
  const known = `https://${WEB_HOST}`

  function upstreamOf(message: IncomingMessage): number | undefined {
    const name = (message.headers.host ?? '').split(':')[0]
    if (name === API_HOST) return apiPort
    if (name === WEB_HOST || name === 'localhost' || name === '127.0.0.1') return webPort
    return undefined
  }

  const server = createServer((incoming, outgoing) => {
    const upstream = upstreamOf(incoming)
    if (upstream === undefined) {
      outgoing.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      outgoing.end(
        'Sessions of the inner loop have no container, so there is no IDE to open here.\n',
      )
      return
    }
    const headers = { ...incoming.headers, 'x-forwarded-for': '127.0.0.1' }
    if (upstream === apiPort) {
      headers.host = API_HOST
      if (headers.origin === shown) headers.origin = known
    }
    const target = {
      host: '127.0.0.1',
      port: upstream,
      method: incoming.method,
      path: incoming.url,
    }
    const call = request({ ...target, headers }, (answer) => {
      const answered = { ...answer.headers }
      const allowed = answered['access-control-allow-origin']
      if (allowed === known) answered['access-control-allow-origin'] = shown
      outgoing.writeHead(answer.statusCode ?? 502, answered)
      answer.pipe(outgoing)
    })
    call.on('error', () => {
      if (!outgoing.headersSent) outgoing.writeHead(502, { 'content-type': 'text/plain' })
      outgoing.end('This process is being started again; reload in a second.\n')
    })
    outgoing.on('close', () => call.destroy())
    incoming.pipe(call)
  })

  // Next.js tells the page of changed files over a websocket.
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const upstream = connect(webPort, '127.0.0.1', () => {
      const lines = incoming.rawHeaders.flatMap((text, index) =>
        index % 2 === 0 ? [`${text}: ${incoming.rawHeaders[index + 1]}`] : [],
      )
      upstream.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      upstream.write(head)
      socket.pipe(upstream).pipe(socket)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  return server.listen(port, '127.0.0.1')
}
