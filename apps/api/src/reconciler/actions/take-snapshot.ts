import type { Failpoint } from '../../lib/failpoints.ts'
import type { SessionWorkspaces } from '../workspace/port.ts'
import type { SessionWork } from './session-work.ts'

/** @returns `no-workspace`: there is nothing to keep; `given-up`: the last try has failed, and the session ends without it */
export async function takeSnapshot(
  { workspaces, failpoint }: { workspaces: SessionWorkspaces; failpoint: Failpoint },
  { record, logger, signal }: SessionWork,
  { name, isLastTry }: { name: string; isLastTry: boolean },
): Promise<'taken' | 'no-workspace' | 'given-up'> {
  try {
    const outcome = await workspaces.snapshot(name, signal)
    if (outcome === 'no-workspace') return outcome
    await failpoint('s5.snapshot_taken')
    record.finishStep('snapshot')
    return 'taken'
  } catch (error) {
    if (!isLastTry || signal.aborted) throw error
    logger.error({ err: error }, 'session.recovery.failure')
    return 'given-up'
  }
}
