/**
 * How long an upload may take, at most. Whoever keeps up this pace is never ended: every other limit is made from it and lies above.
 */
export const BYTES_PER_SECOND_MIN = 64 * 1024
/** Before anything is owed. */
export const GRACE_MS = 5_000

/** In line behind other uploads; after that the answer is 503 with a Retry-After. */
export const LINE_WAIT_MAX_MS = 120_000
// For what is nobody's fault: the form around the file, a busy disk or processor.
const SLACK_MS = 15_000

/** For the transfer alone, once it is its turn. */
export function longestTransferMs(maxBytes: number): number {
  return GRACE_MS + Math.ceil((maxBytes / BYTES_PER_SECOND_MIN) * 1000) + SLACK_MS
}

/** For the whole request, its wait in line included. */
export function longestUploadMs(maxBytes: number): number {
  return LINE_WAIT_MAX_MS + longestTransferMs(maxBytes)
}
