/**
 * Part of the host does not answer (in time), so nothing is known: whatever was requested may have happened, or not.
 * The caller concludes nothing and retries.
 */
export class HostAwayError extends Error {
  override readonly name = 'HostAwayError'
  /** For the owner and the operator; no path, no stderr. */
  readonly text: string

  constructor(text: string, options: { cause?: unknown } = {}) {
    super(text, options)
    this.text = text
  }
}

export type RefusalCode =
  | 'image_missing'
  | 'network_missing'
  | 'name_taken'
  | 'gpu_refused'
  | 'container_refused'
  | 'pool_full'
  | 'workspace_not_mounted'
  | 'workspace_refused'

/** The host refused, and would again. `text` tells the session's owner what happened and what to do. */
export class HostRefusedError extends Error {
  override readonly name = 'HostRefusedError'
  readonly code: RefusalCode
  readonly text: string

  constructor(code: RefusalCode, text: string, options: { cause?: unknown } = {}) {
    super(`${code}: ${text}`, options)
    this.code = code
    this.text = text
  }
}
