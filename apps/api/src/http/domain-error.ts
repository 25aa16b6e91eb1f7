import type { ProblemItem, ProblemKey } from '@medforge/contracts'

export type DomainErrorOptions = {
  /** For the person who asked: what happened, why, and what to do. No path, no stderr, no other person's data. */
  detail: string
  /** One item a fault; left out where there is nothing to list. */
  errors?: ProblemItem[]
  /** Headers of the answer, such as `retry-after`. */
  headers?: Record<string, string>
  /** Goes to the log only. */
  cause?: unknown
}

/** What a `DomainError` says, for those who answer it themselves: it can be made once for all. */
export type Refusal = Pick<DomainError, 'key' | 'detail' | 'headers'>

/** A refusal that the catalogue knows. Status, code and title come from `PROBLEMS[key]`. */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly key: ProblemKey
  readonly detail: string
  readonly errors?: ProblemItem[]
  readonly headers?: Record<string, string>

  constructor(key: ProblemKey, options: DomainErrorOptions) {
    super(`${key}: ${options.detail}`, 'cause' in options ? { cause: options.cause } : {})
    this.key = key
    this.detail = options.detail
    if (options.errors) this.errors = options.errors
    if (options.headers) this.headers = options.headers
  }
}
