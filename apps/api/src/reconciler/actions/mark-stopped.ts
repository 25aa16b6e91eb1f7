import { STOPPED } from '@medforge/core'
import type { Clock } from '../../lib/clock.ts'
import type { Failpoint } from '../../lib/failpoints.ts'
import type { SessionWork } from './session-work.ts'
import { terminalFacts } from './terminal-facts.ts'

/** @returns false when somebody else changed the session first */
export async function markStopped(
  { clock, failpoint }: { clock: Clock; failpoint: Failpoint },
  { record, logger }: SessionWork,
  snapshot: string | null,
): Promise<boolean> {
  const facts = { ...terminalFacts(clock.now(), snapshot), status_reason: STOPPED.text }
  const won = await record.transition('stopped', STOPPED, facts)
  await failpoint('s6.marked_stopped')
  if (won) logger.info({ reason: STOPPED.code, snapshot }, 'session.stop')
  return won
}
