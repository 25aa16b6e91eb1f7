import { type Static, Type } from 'typebox'

/**
 * Every way in which the API and the edge (`deploy/caddy`) can refuse, each with its status, code and title in one place.
 * `docs/errors.md` explains each code to people; the keys are the codes' own names where two suffixes share a code.
 */
export const PROBLEMS = {
  not_found: { suffix: 'http/not-found', status: 404, title: 'Not found' },
  method_not_allowed: {
    suffix: 'http/method-not-allowed',
    status: 405,
    title: 'Method not allowed',
  },
  payload_too_large: { suffix: 'http/payload-too-large', status: 413, title: 'Payload too large' },
  unsupported_media_type: {
    suffix: 'http/unsupported-media-type',
    status: 415,
    title: 'Unsupported media type',
  },
  internal_error: { suffix: 'http/internal', status: 500, title: 'Internal error' },
  service_unavailable: { suffix: 'http/unavailable', status: 503, title: 'Service unavailable' },
  request_timeout: { suffix: 'http/request-timeout', status: 408, title: 'Request timeout' },
  headers_too_large: { suffix: 'http/headers-too-large', status: 431, title: 'Headers too large' },
  bad_request: { suffix: 'edge/bad-request', status: 400, title: 'Bad request' },
  forbidden: { suffix: 'edge/forbidden', status: 403, title: 'Forbidden' },
  misdirected_request: {
    suffix: 'edge/misdirected-request',
    status: 421,
    title: 'Misdirected request',
  },
  bad_gateway: { suffix: 'edge/bad-gateway', status: 502, title: 'Bad gateway' },
  gateway_timeout: { suffix: 'edge/gateway-timeout', status: 504, title: 'Gateway timeout' },
  request_validation_failed: {
    suffix: 'validation/request',
    status: 422,
    title: 'Request validation failed',
  },
  invalid_limit: { suffix: 'pagination/invalid-limit', status: 400, title: 'Invalid limit' },
  invalid_cursor: { suffix: 'pagination/invalid-cursor', status: 400, title: 'Invalid cursor' },
  rate_limit_exceeded: { suffix: 'rate-limit/exceeded', status: 429, title: 'Rate limit exceeded' },
  authentication_required: {
    suffix: 'auth/authentication-required',
    status: 401,
    title: 'Authentication required',
  },
  invalid_credentials: {
    suffix: 'auth/invalid-credentials',
    status: 401,
    title: 'Invalid credentials',
  },
  account_disabled: { suffix: 'auth/account-disabled', status: 403, title: 'Account disabled' },
  signup_closed: { suffix: 'auth/signup-closed', status: 403, title: 'Sign-up closed' },
  email_taken: { suffix: 'auth/email-taken', status: 409, title: 'Email taken' },
  display_name_taken: {
    suffix: 'auth/display-name-taken',
    status: 409,
    title: 'Display name taken',
  },
  token_limit_reached: {
    suffix: 'auth/token-limit-reached',
    status: 409,
    title: 'Token limit reached',
  },
  origin_not_allowed: {
    suffix: 'auth/origin-not-allowed',
    status: 403,
    title: 'Origin not allowed',
  },
  admin_required: { suffix: 'auth/admin-required', status: 403, title: 'Admin required' },
  session_not_found: {
    suffix: 'sessions/session-not-found',
    status: 404,
    title: 'Session not found',
  },
  session_access_denied: {
    suffix: 'sessions/session-access-denied',
    status: 403,
    title: 'Session access denied',
  },
  last_admin: { suffix: 'admin/last-admin', status: 409, title: 'Last administrator' },
  private_tier_not_implemented: {
    suffix: 'sessions/private-tier-not-implemented',
    status: 501,
    title: 'Private tier not implemented',
  },
  pack_not_found: { suffix: 'sessions/pack-not-found', status: 404, title: 'Pack not found' },
  pack_deprecated: { suffix: 'sessions/pack-deprecated', status: 409, title: 'Pack deprecated' },
  pack_tier_mismatch: {
    suffix: 'sessions/pack-tier-mismatch',
    status: 422,
    title: 'Pack tier mismatch',
  },
  concurrent_limit_reached: {
    suffix: 'sessions/concurrent-limit-reached',
    status: 409,
    title: 'Concurrent session limit reached',
  },
  launch_limit_reached: {
    suffix: 'sessions/launch-limit-reached',
    status: 429,
    title: 'Launch limit reached',
  },
  storage_limit_reached: {
    suffix: 'sessions/storage-limit-reached',
    status: 409,
    title: 'Storage limit reached',
  },
  no_gpu_available: { suffix: 'sessions/no-gpu-available', status: 409, title: 'No GPU available' },
  session_start_failed: {
    suffix: 'sessions/start-failed',
    status: 500,
    title: 'Session start failed',
  },
  runtime_unavailable: {
    suffix: 'sessions/unavailable',
    status: 503,
    title: 'Session runtime unavailable',
  },
  session_host_not_found: {
    suffix: 'proxy/session-host-not-found',
    status: 404,
    title: 'Session host not found',
  },
  competition_not_found: {
    suffix: 'competitions/competition-not-found',
    status: 404,
    title: 'Competition not found',
  },
  dataset_not_found: {
    suffix: 'competitions/dataset-not-found',
    status: 404,
    title: 'Dataset not found',
  },
  submission_not_found: {
    suffix: 'competitions/submission-not-found',
    status: 404,
    title: 'Submission not found',
  },
  submission_file_gone: {
    suffix: 'competitions/submission-file-gone',
    status: 410,
    title: 'Submission file gone',
  },
  rescore_not_ready: {
    suffix: 'competitions/rescore-not-ready',
    status: 409,
    title: 'Re-score not ready',
  },
  submission_cap_reached: {
    suffix: 'competitions/submission-cap-reached',
    status: 429,
    title: 'Daily submission cap reached',
  },
  submission_too_large: {
    suffix: 'competitions/submission-too-large',
    status: 422,
    title: 'Submission too large',
  },
  submission_validation_failed: {
    suffix: 'competitions/submission-validation-failed',
    status: 422,
    title: 'Submission validation failed',
  },
  submission_processing_failed: {
    suffix: 'competitions/submission-processing-failed',
    status: 500,
    title: 'Submission processing failed',
  },
  competition_closed: {
    suffix: 'competitions/competition-closed',
    status: 409,
    title: 'Competition closed',
  },
  holdout_unavailable: {
    suffix: 'competitions/holdout-unavailable',
    status: 503,
    title: 'Holdout unavailable',
  },
  admin_access_denied: {
    suffix: 'competitions/admin-access-denied',
    status: 403,
    title: 'Admin access denied',
  },
  competition_origin_not_allowed: {
    suffix: 'competitions/origin-not-allowed',
    status: 403,
    title: 'Origin not allowed',
    code: 'origin_not_allowed',
  },
  authentication_failed: {
    suffix: 'competitions/authentication-failed',
    status: 401,
    title: 'Authentication failed',
  },
} as const satisfies Record<string, ProblemEntry>

type ProblemEntry = { suffix: string; status: number; title: string; code?: string }

/** A key of the catalogue: what code throws. On the wire it is `problemCode(key)`. */
export type ProblemKey = keyof typeof PROBLEMS

export const PROBLEM_TYPE_PREFIX = 'https://medforge.dev/problems/'
export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

export function problemCode(key: ProblemKey): string {
  const entry: ProblemEntry = PROBLEMS[key]
  return entry.code ?? key
}

export const ProblemItem = Type.Object({
  loc: Type.Array(Type.Union([Type.String(), Type.Integer()]), {
    description: 'Where the fault lies, outermost first, such as `["body", "file"]`.',
  }),
  msg: Type.String(),
  type: Type.String(),
  ctx: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
export type ProblemItem = Static<typeof ProblemItem>

/** RFC 9457 as MedForge speaks it. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String({ description: 'The path of the request, without its query.' }),
  code: Type.String(),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(ProblemItem)),
})
export type Problem = Static<typeof Problem>
