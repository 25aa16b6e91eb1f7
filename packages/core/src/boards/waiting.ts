import type { ScoreStatus } from '@medforge/contracts'

const HOLDOUT = 'holdout: '

/** How a row says, to the operator and to the server, that it waits for its holdout and not for the worker. */
export function holdoutReason(message: string): string {
  return `${HOLDOUT}${message}`
}

/** Whether a submission is in the queue only because its holdout is missing or does not fit. */
export function waitsForHoldout(row: {
  score_status: ScoreStatus
  score_error_internal: string | null
}): boolean {
  return row.score_status === 'queued' && (row.score_error_internal ?? '').startsWith(HOLDOUT)
}
