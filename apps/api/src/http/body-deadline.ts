import { PassThrough } from 'node:stream'
import type { preParsingHookHandler } from 'fastify'
import { DomainError } from './domain-error.ts'

const MULTIPART = /^\s*multipart\//i

/**
 * A body has to be there in full within this time, or its request is answered 408. Uploads, which are large and watched by their pace
 * instead, have the time of the whole request.
 */
export function createBodyDeadlineHook(bodyMs: number): preParsingHookHandler {
  return (request, _reply, payload, done) => {
    const { headers } = request
    const hasBody =
      headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (!hasBody || MULTIPART.test(headers['content-type'] ?? '')) {
      done(null, payload)
      return
    }
    const body = new PassThrough()
    const timer = setTimeout(() => body.destroy(tooLate()), bodyMs).unref()
    // Nobody may be reading it: a body that is refused unread is left where it is.
    body.on('error', () => {})
    body.once('close', () => clearTimeout(timer))
    payload.once('error', (error) => body.destroy(error))
    payload.pipe(body)
    done(null, body)
  }
}

function tooLate(): DomainError {
  return new DomainError('request_timeout', {
    detail: 'The request did not arrive in time. Send it again.',
    headers: { connection: 'close' },
  })
}
