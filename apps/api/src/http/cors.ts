import type { onRequestHookHandler } from 'fastify'

const ALLOWED_HEADERS = 'Accept, Content-Type, Idempotency-Key, Last-Event-ID, Prefer'
const EXPOSED_HEADERS = 'X-Request-Id, Retry-After'
const PREFLIGHT_SECONDS = 600

/**
 * Lets pages of the web origin, and of no other, read answers with credentials, and answers their preflights.
 *
 * @param allowedMethods  methods that the path of a request knows; empty where there is no such path
 */
export function createCorsHook(
  webOrigin: string,
  allowedMethods: (path: string) => string[],
): onRequestHookHandler {
  return function cors(request, reply, done) {
    reply.header('vary', 'Origin')
    const isWeb = request.headers.origin === webOrigin
    if (isWeb) {
      reply.header('access-control-allow-origin', webOrigin)
      reply.header('access-control-allow-credentials', 'true')
      reply.header('access-control-expose-headers', EXPOSED_HEADERS)
    }
    const methods = request.method === 'OPTIONS' ? allowedMethods(request.url) : []
    if (methods.length === 0) {
      done()
      return
    }
    reply.header('allow', methods.join(', '))
    if (isWeb && request.headers['access-control-request-method'] !== undefined) {
      reply.header('access-control-allow-methods', methods.join(', '))
      reply.header('access-control-allow-headers', ALLOWED_HEADERS)
      reply.header('access-control-max-age', String(PREFLIGHT_SECONDS))
    }
    reply.code(204).send()
  }
}
