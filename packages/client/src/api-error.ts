import type { Problem, ProblemItem } from '@medforge/contracts'

/** The API refused, with a problem of the catalogue. `message` is the problem's detail, fit to be shown. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly errors: readonly ProblemItem[]
  /** Seconds until another try makes sense, or null where the API said nothing. */
  readonly retryAfterSeconds: number | null

  constructor(problem: Problem, retryAfterSeconds: number | null) {
    super(problem.detail)
    this.status = problem.status
    this.code = problem.code
    this.requestId = problem.request_id
    this.errors = problem.errors ?? []
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What answered was not MedForge's API, or nothing answered: `POST /api/v1/auth/signup failed: 404`. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError'
  /** Null where no answer came at all. */
  readonly status: number | null

  constructor(method: string, path: string, outcome: number | 'no answer', cause?: unknown) {
    super(`${method} ${path} failed: ${outcome}`, cause === undefined ? {} : { cause })
    this.status = outcome === 'no answer' ? null : outcome
  }
}
