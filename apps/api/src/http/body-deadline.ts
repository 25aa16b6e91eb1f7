import type { preParsingHookHandler } from 'fastify'
import { DomainError } from './domain-error.ts'

const MULTIPART = /^\s*multipart\//i

/**
 * A body that is read has to be there in full within this time, or its request is answered 408. Uploads, which are large and watched by
 * their pace instead, have the time of the whole request.
 *
 * The body itself is not touched: Node takes one that nobody read off the connection, so that the next request gets through, and it does
 * so only where nothing has begun to read.
 */
export function createBodyDeadlineHook(bodyMs: number): preParsingHookHandler {
  return (request, reply, payload, done) => {
    const { headers } = request
    const hasBody =
      headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (hasBody && !MULTIPART.test(headers['content-type'] ?? '')) {
      const timer = setTimeout(() => {
        // The parser, while it reads; nobody else. To end the stream would end the connection, and the answer with it.
        if (payload.listenerCount('error') > 0) payload.emit('error', tooLate())
      }, bodyMs).unref()
      const stop = () => clearTimeout(timer)
      payload.once('end', stop)
      reply.raw.once('close', stop)
    }
    done()
  }
}

function tooLate(): DomainError {
  return new DomainError('request_timeout', {
    detail: 'The request did not arrive in time. Send it again.',
    headers: { connection: 'close' },
  })
}
