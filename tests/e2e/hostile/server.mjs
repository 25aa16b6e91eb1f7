// What a hostile owner runs in place of the IDE: pages that attack whoever opens them, and answers that try to reach further.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const here = new URL('.', import.meta.url)
const attacks = readFileSync(new URL('attacks.js', here))
const worker = `
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  if (event.request.mode !== 'navigate') return
  event.respondWith(new Response('<title>phishing</title>', { headers: { 'content-type': 'text/html' } }))
})`

/** The domain above this session's host. */
const parentOf = (request) => request.headers.host.slice(request.headers.host.indexOf('.'))

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://session')
  const parent = parentOf(request)
  if (pathname === '/attacks.js') {
    return response.writeHead(200, { 'content-type': 'text/javascript' }).end(attacks)
  }
  if (pathname.endsWith('/worker.js')) {
    const headers = { 'content-type': 'text/javascript', 'service-worker-allowed': '/' }
    return response.writeHead(200, headers).end(worker)
  }
  if (pathname === '/echo') {
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(request.rawHeaders))
  }
  if (pathname === '/form') {
    const headers = { 'content-type': 'text/html', 'referrer-policy': 'no-referrer' }
    const form = '<form method="post" action="/form-sent"><button>Send</button></form>'
    return response.writeHead(200, headers).end(`<!doctype html><title>form</title>${form}`)
  }
  if (pathname === '/form-framed') {
    const frame = '<iframe sandbox="allow-forms" src="/form"></iframe>'
    return response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html>${frame}`)
  }
  if (pathname === '/form-sent') {
    const headers = { 'content-type': 'text/html' }
    return response
      .writeHead(200, headers)
      .end(`${request.method} with Origin ${request.headers.origin}`)
  }
  if (pathname === '/far-reaching') {
    const headers = {
      'set-cookie': [
        `medforge_session=tossed; Domain=${parent}; Path=/; Secure`,
        `tossed=1; Domain=${parent}; Path=/; Secure`,
        'own=1; Path=/; Secure',
      ],
      'clear-site-data': '"*"',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'access-control-allow-origin': '*',
    }
    return response.writeHead(200, headers).end('far-reaching')
  }
  response
    .writeHead(200, { 'content-type': 'text/html' })
    .end('<!doctype html><title>hostile</title><script src="/attacks.js"></script>')
})

// A websocket that opens, and whose acceptance sets cookies: a browser takes them from there as from a page.
server.on('upgrade', (request, socket) => {
  const domain = parentOf(request)
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
    `Set-Cookie: medforge_session=tossed; Domain=${domain}; Path=/; Secure; HttpOnly; SameSite=Lax`,
    `Set-Cookie: tossed-by-handshake=1; Domain=${domain}; Path=/; Secure`,
    'Set-Cookie: own-of-handshake=1; Path=/; Secure',
  ]
  socket.on('error', () => socket.destroy())
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
})

server.listen(8080, '0.0.0.0', () => console.log('listening'))
