import type { Socket } from 'node:net'
import { newId } from '@medforge/core'
import { isDatabaseAway } from '@medforge/db'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Logger } from '../lib/logger.ts'
import { createBodyDeadlineHook } from './body-deadline.ts'
import { createClientErrorHandler } from './client-error.ts'
import { createCorsHook } from './cors.ts'
import { DomainError } from './domain-error.ts'
import { findUserOf } from './guards.ts'
import { sendError } from './problem.ts'
import { createRoutesTable, type RoutesTable } from './routes-table.ts'
import { schemaCompilers } from './schema-compilers.ts'

export type HttpOptions = {
  logger: Logger
  webOrigin: string
  trustedProxies: string[]
  timeouts: HttpTimeouts
  /** What is behind a database that does not answer, as a sentence, where it is known. Never rejects. */
  findOutageCause: () => Promise<string | undefined>
}

export type HttpTimeouts = {
  /** For the request line and headers. */
  headersMs: number
  /** For a body, unless it is an upload. */
  bodyMs: number
  /** For the whole request with its body, whatever it is; longer than the slowest upload that is let go on. */
  requestMs: number
  /** A connection on which nothing moves is closed; longer than the slowest answer. */
  idleMs: number
}

export const HTTP_TIMEOUTS: Omit<HttpTimeouts, 'requestMs'> = {
  headersMs: 10_000,
  bodyMs: 30_000,
  idleMs: 300_000,
}

const JSON_BODY_MAX_BYTES = 64 * 1024
// Room for 64 KiB of cookies, which is more than Chromium keeps for a site; Caddy in front allows more.
const HEADERS_MAX_BYTES = 64 * 1024
// Longer than Caddy keeps its idle connections (2 min), so that it never writes into one that is being closed.
const KEEP_ALIVE_MS = 150_000

// Less than the supervisor waits before it kills.
const CLOSE_GRACE_MS = 10_000

/** Of every answer, beside its request id. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // Public answers that may be cached set their own.
  'cache-control': 'no-store',
}

/**
 * An HTTP server that speaks the contract and has no route yet: request ids, problems, CORS, limits and time-outs.
 *
 * `app.inject` works without a port; `app.close()` lets requests in progress end.
 */
export function createHttpServer(options: HttpOptions): {
  app: FastifyInstance
  routes: RoutesTable
} {
  const { logger, timeouts } = options
  const routes = createRoutesTable()
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({
      requestIdLogLabel: 'request_id',
      disableRequestLogging: true,
    }),
    genReqId: newId,
    trustProxy: options.trustedProxies,
    bodyLimit: JSON_BODY_MAX_BYTES,
    requestTimeout: timeouts.requestMs,
    connectionTimeout: timeouts.idleMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    http: {
      headersTimeout: timeouts.headersMs,
      maxHeaderSize: HEADERS_MAX_BYTES,
      // Refused below, with a problem; Node's own refusal would be a bare 400.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(5000, timeouts.headersMs),
    },
    routerOptions: { maxParamLength: 500 },
    schemaController: { compilersFactory: schemaCompilers },
    ajv: {
      customOptions: {
        allErrors: true,
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: true,
        strict: false,
      },
    },
    clientErrorHandler: createClientErrorHandler(logger) as (error: Error, socket: Socket) => void,
    frameworkErrors: sendFrameworkError,
  })

  app.addHook('onRoute', (route) => routes.add(route))
  app.addHook('onRequest', (request, reply, done) => {
    addCommonHeaders(request, reply)
    done()
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers.host !== undefined || request.raw.httpVersion === '1.0') return done()
    const detail = 'The request has no Host header.'
    done(new DomainError('bad_request', { detail }))
  })
  // An expectation that nobody knows is passed over; Node would answer a bare 417.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  app.addHook('onRequest', createCorsHook(options.webOrigin, routes.methodsOf))
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    const methods = routes.methodsOf(request.url)
    if (methods.length === 0) {
      return done(new DomainError('not_found', { detail: 'There is no such route.' }))
    }
    reply.header('allow', methods.join(', '))
    const detail = `This path does not know ${request.method}; it knows ${methods.join(', ')}.`
    done(new DomainError('method_not_allowed', { detail }))
  })
  app.addHook('onResponse', (request, reply, done) => {
    logRequest(request, reply)
    done()
  })
  app.addHook('preParsing', createBodyDeadlineHook(timeouts.bodyMs))
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    // Requests in progress may end; one that does not is cut off, so that a stop always ends.
    setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS).unref()
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // Else the connection would outlive its last answer and hold up the stop.
    if (isClosing) reply.header('connection', 'close')
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    if (!isDatabaseAway(error)) return sendError(error, request, reply)
    void options.findOutageCause().then((cause) => sendError(error, request, reply, cause))
  })
  addJsonParser(app)
  return { app, routes }
}

/** JSON alone, as UTF-8 bytes; an empty body is none. Keys that would reach a prototype are dropped like every unknown key. */
function addJsonParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('remove', 'remove')
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    let text: string
    try {
      text = utf8.decode(body as Buffer)
    } catch {
      const detail = 'The body is not valid UTF-8.'
      return done(new DomainError('request_validation_failed', { detail }))
    }
    return parse(request, text, done)
  })
}

function addCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS).header('x-request-id', request.id)
}

/** What the router refuses before any hook runs. */
function sendFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  addCommonHeaders(request, reply)
  sendError(error, request, reply)
}

function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  logAnswer(request.log, {
    method: request.method,
    route: request.routeOptions.url ?? 'none',
    status: reply.statusCode,
    user_id: findUserOf(request),
    durationMs: reply.elapsedTime,
  })
}

type AnswerFacts = {
  /** Where the logger does not name it. */
  request_id?: string
  method: string
  route: string
  status: number
  user_id: string | undefined
  durationMs: number
}

/** One line a request; the routes that are asked all the time only at debug level. */
export function logAnswer(
  log: Pick<FastifyBaseLogger, 'debug' | 'info'>,
  { durationMs, ...facts }: AnswerFacts,
): void {
  const level = QUIET_ROUTES.has(facts.route) && facts.status < 500 ? 'debug' : 'info'
  log[level]({ ...facts, duration_ms: Math.round(durationMs * 10) / 10 }, 'http.request')
}

const QUIET_ROUTES = new Set(['/healthz', '/api/v1/auth/session-proxy', '/api/v1/status'])
