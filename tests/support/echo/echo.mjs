// What a session's container answers in the tests of the edge: exactly what reached it.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const SMALL = Buffer.from('{"ok":true}')

const server = createServer((request, response) => {
  const path = request.url ?? '/'
  if (path === '/healthz' || path === '/small') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': SMALL.length })
    return response.end(SMALL)
  }
  if (path === '/set-cookies') {
    const own = request.headers.host ?? ''
    const parent = own.slice(own.indexOf('.'))
    response.setHeader('set-cookie', [
      'medforge_session=stolen; Path=/',
      `medforge_session=stolen; Domain=${parent}; Path=/`,
      `tossed=1; Domain=${parent}; Path=/`,
      `tossed2=1; domain=${parent.slice(1)}; Path=/`,
      'kept=1; Path=/',
    ])
    return response.end('cookies')
  }
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8')
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ method: request.method, path, headers: request.rawHeaders, body }),
    )
  })
})

// A websocket that sends back whatever bytes come, frames and all.
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('error', () => {})
  socket.pipe(socket)
})

server.keepAliveTimeout = 60_000
server.listen(8080, '0.0.0.0')
process.on('SIGTERM', () => process.exit(0))
