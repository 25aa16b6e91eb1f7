/** The baseline of `bench proxy`: node:http and nothing else, with an answer of the same size. Prints its port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const BODY = JSON.stringify({ data: { message: 'Session access granted.' }, meta: 'x'.repeat(180) })
const HEADERS = { 'content-type': 'application/json', 'content-length': BODY.length }

const server = createServer((_request, response) => response.writeHead(200, HEADERS).end(BODY))
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
