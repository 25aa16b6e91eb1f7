import { READY } from '@medforge/core'
import { toSqlTime } from '@medforge/db'
import type { Clock } from '../../lib/clock.ts'
import type { Failpoint } from '../../lib/failpoints.ts'
import type { SessionWork } from './session-work.ts'

/** @returns false when somebody else changed the session first */
export async function markRunning(
  { clock, failpoint }: { clock: Clock; failpoint: Failpoint },
  { record, logger }: SessionWork,
  containerId: string | null,
): Promise<boolean> {
  const facts = {
    container_id: containerId,
    started_at: toSqlTime(clock.now()),
    status_reason: READY.text,
    deadline_at: null,
  }
  const won = await record.transition('running', READY, facts, 'ready')
  await failpoint('c8.marked_running')
  if (won) logger.info('session.start')
  return won
}
