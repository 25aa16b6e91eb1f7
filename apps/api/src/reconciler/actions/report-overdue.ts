import type { Reason } from '@medforge/core'
import type { SessionWork } from './session-work.ts'

/** Log once that an end takes too long, and show it to the session's owner. */
export async function reportOverdue(
  { row, record, logger }: SessionWork,
  reason: Reason,
): Promise<void> {
  if (row.status_reason === reason.text) return
  logger.error({ reason: reason.code }, 'session.recovery.failure')
  await record.update({ status_reason: reason.text })
}
