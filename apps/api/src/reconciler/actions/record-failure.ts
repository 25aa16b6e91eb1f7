import type { LifecycleLimits, Reason } from '@medforge/core'
import { toSqlTime } from '@medforge/db'
import type { Clock } from '../../lib/clock.ts'
import type { SessionWork } from './session-work.ts'

/** Write down that the session has failed, with as long for its end as a stop has. The next plan undoes it. */
export async function recordFailure(
  { clock, limits }: { clock: Clock; limits: LifecycleLimits },
  { record, logger }: SessionWork,
  failure: Reason,
  snapshotName: string | null,
): Promise<void> {
  await record.flush()
  const now = clock.now()
  const won = await record.update({
    failed_at: toSqlTime(now),
    error_message: failure.text,
    status_reason: failure.text,
    snapshot_name: snapshotName,
    deadline_at: toSqlTime(new Date(now.getTime() + limits.stopTimeoutMs)),
    attempts: 0,
    next_attempt_at: null,
  })
  if (won) logger.warn({ decision: 'fail', reason: failure.code }, 'session.recovery.decision')
}
