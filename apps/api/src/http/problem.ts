import {
  PROBLEM_MEDIA_TYPE,
  PROBLEM_TYPE_PREFIX,
  PROBLEMS,
  type Problem,
  type ProblemItem,
  type ProblemKey,
  problemCode,
} from '@medforge/contracts'
import { isDatabaseAway, isLostRace } from '@medforge/db'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DomainError } from './domain-error.ts'
import type { DocumentedSchema } from './schemas.ts'
import { describeValidation, isValidationFailure } from './validation.ts'

/** RFC 9457, from the catalogue. */
export function problemOf(
  key: ProblemKey,
  facts: { detail: string; path: string; requestId: string; errors?: ProblemItem[] | undefined },
): Problem {
  const { suffix, status, title } = PROBLEMS[key]
  const { detail, path, requestId, errors } = facts
  return {
    type: PROBLEM_TYPE_PREFIX + suffix,
    title,
    status,
    detail,
    instance: pathOf(path),
    code: problemCode(key),
    request_id: requestId,
    ...(errors && errors.length > 0 ? { errors } : {}),
  }
}

/** The path of a request target, without its query. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/** The one error handler: refusals as their problem, faults of the request as 4xx, everything else as a 500 without a cause. */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  outageCause?: string,
): void {
  const refusal = toDomainError(error, request, outageCause)
  const status = PROBLEMS[refusal.key].status
  if (status === 500) request.log.error({ err: error }, 'request failed')
  else if (status >= 500) request.log.warn({ err: error }, 'request could not be served')
  sendDomainError(refusal, request, reply)
}

export function sendDomainError(
  refusal: DomainError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem = problemOf(refusal.key, {
    detail: refusal.detail,
    path: request.url,
    requestId: request.id,
    errors: refusal.errors,
  })
  reply
    .code(problem.status)
    .headers(refusal.headers ?? {})
    .header('cache-control', 'no-store')
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem))
}

function toDomainError(error: unknown, request: FastifyRequest, outageCause?: string): DomainError {
  if (error instanceof DomainError) return error
  if (isValidationFailure(error)) return describeValidation(error, request)
  const framework = FRAMEWORK_ERRORS[(error as { code?: string } | null)?.code ?? '']
  if (framework) {
    const { key } = framework
    const isUpload = key === 'unsupported_media_type' && takesUpload(request)
    return new DomainError(key, { detail: isUpload ? UPLOAD_TYPE : framework.detail, cause: error })
  }
  if (isDatabaseAway(error) || isLostRace(error)) {
    return new DomainError('service_unavailable', {
      detail: describeOutage(error, request, outageCause),
      headers: { 'retry-after': '2' },
      cause: error,
    })
  }
  return new DomainError('internal_error', {
    detail:
      'Something went wrong on our side. If it happens again, tell the operator the request id.',
    cause: error,
  })
}

/** What a route that takes a file says to a body that is no form. */
export const UPLOAD_TYPE =
  'Send the file as multipart/form-data, uncompressed, in a part named file.'

function takesUpload({ routeOptions }: FastifyRequest): boolean {
  return 'x-streamed-body' in (routeOptions.schema ?? {})
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A lost race was rolled back. Where the database went away, its last word, that of a COMMIT, may have been lost. */
function describeOutage(error: unknown, request: FastifyRequest, cause?: string): string {
  if (isLostRace(error)) {
    return 'The database is too busy right now. Nothing was changed; try again in a moment.'
  }
  const away = `${cause ? `${cause} ` : ''}The database does not answer right now.`
  if (READING.has(request.method)) return `${away} Try again in a moment.`
  const unclear = `${away} What you asked for may or may not have been done: look before you try again.`
  const schema = request.routeOptions.schema as DocumentedSchema | undefined
  if (!schema?.['x-headers']?.['Idempotency-Key']) return unclear
  return `${unclear} With an Idempotency-Key, trying again never counts twice.`
}

const INVALID_JSON = {
  key: 'request_validation_failed',
  detail: 'The body is not valid JSON.',
} as const

/** What Fastify itself refuses, before any code of ours. */
const FRAMEWORK_ERRORS: Record<string, { key: ProblemKey; detail: string }> = {
  FST_ERR_CTP_INVALID_JSON_BODY: INVALID_JSON,
  FST_ERR_CTP_EMPTY_JSON_BODY: INVALID_JSON,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    key: 'bad_request',
    detail: 'The body does not have the length that Content-Length announced.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    key: 'payload_too_large',
    detail: 'The body is larger than this route accepts (64 KiB for JSON).',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    key: 'unsupported_media_type',
    detail: 'The body has a Content-Type that this route does not read. Send application/json.',
  },
  FST_ERR_BAD_URL: {
    key: 'bad_request',
    detail: 'The path of the request cannot be decoded.',
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    key: 'not_found',
    detail: 'There is no such route: its path is too long.',
  },
}
