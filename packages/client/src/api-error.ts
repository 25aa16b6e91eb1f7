import type { Problem, ProblemItem } from '@medforge/contracts'

/** A problem of the catalogue. `message` is its detail, written for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly requestId: string
  readonly errors: readonly ProblemItem[]
  /** From `Retry-After`; null without one. */
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

/** A response that is not of MedForge's API, or none: `POST /api/v1/auth/signup failed: 404`. */
export class UnexpectedResponseError extends Error {
  override readonly name = 'UnexpectedResponseError'
  /** Null without a response. */
  readonly status: number | null

  constructor(method: string, path: string, outcome: number | 'no answer', cause?: unknown) {
    super(`${method} ${path} failed: ${outcome}`, cause === undefined ? {} : { cause })
    this.status = outcome === 'no answer' ? null : outcome
  }
}
