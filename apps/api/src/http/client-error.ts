import type { Socket } from 'node:net'
import { PROBLEM_MEDIA_TYPE, type ProblemKey } from '@medforge/contracts'
import { newId } from '@medforge/core'
import type { Logger } from '../lib/logger.ts'
import { problemOf } from './problem.ts'

const REFUSALS: Record<string, { key: ProblemKey; detail: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    key: 'request_timeout',
    detail: 'The request did not arrive in time. Send it again.',
  },
  HPE_HEADER_OVERFLOW: {
    key: 'headers_too_large',
    detail: 'The headers are larger than 64 KiB. Clear the cookies of this site and try again.',
  },
}
const MALFORMED = {
  key: 'bad_request',
  detail: 'The request is not valid HTTP.',
} as const

/**
 * Answers what never became a request: headers too large, too slow, or no HTTP. There is no reply object here, so the problem is
 * written to the socket by hand, and the connection ends.
 */
export function createClientErrorHandler(
  logger: Logger,
): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy()
      return
    }
    const requestId = newId()
    const refusal = REFUSALS[error.code ?? ''] ?? MALFORMED
    const { detail } = refusal
    const problem = problemOf(refusal.key, { detail, path: '/', requestId })
    const body = JSON.stringify(problem)
    logger.info({ request_id: requestId, code: error.code, status: problem.status }, 'http.refused')
    socket.end(
      [
        `HTTP/1.1 ${problem.status} ${problem.title}`,
        `Content-Type: ${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        `X-Request-Id: ${requestId}`,
        'Cache-Control: no-store',
        ...(problem.code === 'headers_too_large' ? ['Clear-Site-Data: "cookies"'] : []),
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
      () => socket.destroy(),
    )
  }
}
