import type { Failpoint } from '../../lib/failpoints.ts'
import type { UsageRecorder } from '../workspace/usage.ts'
import type { SessionWork } from './session-work.ts'

/**
 * Write down what the session's person uses, after its last snapshot and before it has ended, so that their next launch is decided by it.
 * A pool that does not answer holds up no end: the next measurement of everybody has it.
 */
export async function recordUsage(
  { usage, failpoint }: { usage: UsageRecorder; failpoint: Failpoint },
  { row, logger, signal }: SessionWork,
): Promise<void> {
  await usage.recordPerson(row.user_id).catch((error) => {
    if (signal.aborted) throw error
    logger.warn({ err: error }, 'workspace.usage.unknown')
  })
  await failpoint('s5.usage_recorded')
}
