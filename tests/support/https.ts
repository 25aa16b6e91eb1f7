import { lookup as systemLookup } from 'node:dns'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import type { LookupFunction } from 'node:net'

/** One exchange, with everything that a client library would smooth over: exact path, exact headers, no redirects. */
export type Ask = {
  host: string
  path: string
  method?: string
  /** A list sends the header several times. */
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
  /** The name in the TLS handshake and in the certificate, where it is not `host`. */
  serverName?: string
  port?: number
  timeoutMs?: number
}

export type Answer = {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as JSON; throws with the body's beginning where it is none. */
  json: () => unknown
}

/** Names below `.localhost` are this machine by definition, but neither Node nor the C library knows that. */
const lookup: LookupFunction = (name, options, callback) => {
  if (!name.endsWith('.localhost')) return systemLookup(name, options, callback)
  if (options.all) return callback(null, [{ address: '127.0.0.1', family: 4 }])
  return callback(null, '127.0.0.1', 4)
}

const agent = new Agent({ keepAlive: true, maxSockets: 20 })

/** Send one request over TLS, with the certificate verified, to exactly this host and path. */
export function ask(options: Ask): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const call = request(
    {
      ...connectTo(options),
      agent,
      path: options.path,
      method: options.method ?? 'GET',
      headers: withLength(options),
      timeout: options.timeoutMs ?? 45_000,
    },
    (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const json = () => parse(text, `${options.method ?? 'GET'} ${options.host}${options.path}`)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      })
    },
  )
  call.on('timeout', () =>
    call.destroy(new Error(`No answer from ${options.host}${options.path}.`)),
  )
  call.on('error', reject)
  call.end(options.body)
  return promise
}

/** Where to connect and whose certificate to expect. */
export function connectTo(options: Pick<Ask, 'host' | 'serverName' | 'port'>): RequestOptions {
  return {
    host: options.serverName ?? options.host,
    servername: options.serverName ?? options.host,
    port: options.port ?? 443,
    lookup,
  }
}

function withLength(options: Ask): Record<string, string | string[]> {
  const headers = { host: options.host, ...options.headers }
  if (options.body === undefined) return headers
  return { 'content-length': String(Buffer.byteLength(options.body)), ...headers }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${what} did not answer JSON but: ${text.slice(0, 200)}`)
  }
}
