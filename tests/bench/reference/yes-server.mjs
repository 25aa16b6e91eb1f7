// What session-proxy would cost if nothing had to be decided: node:http that sends everybody to one upstream, with the API's headers.
import { createServer } from 'node:http'

const headers = {
  'x-upstream': process.argv[2],
  'x-request-id': '00000000-0000-4000-8000-000000000000',
  'cache-control': 'no-store',
  'preference-applied': 'return=minimal',
  'content-length': '0',
}

const server = createServer((_request, response) => response.writeHead(200, headers).end())
// As the API: longer than Caddy keeps an idle connection.
server.keepAliveTimeout = 150_000
server.listen(8000, '0.0.0.0')
process.on('SIGTERM', () => process.exit(0))
