import type { Failpoint } from '../../lib/failpoints.ts'
import type { SessionWorkspaces } from '../workspace/port.ts'
import type { SessionWork } from './session-work.ts'

/** @returns the host path of the workspace's mount */
export async function ensureWorkspace(
  { workspaces, failpoint }: { workspaces: SessionWorkspaces; failpoint: Failpoint },
  { row, record, signal }: SessionWork,
): Promise<string> {
  const path = await workspaces.ensure(row.workspace_zfs, signal, row.workspace_quota_bytes)
  await failpoint('c4.dataset_prepared')
  record.finishStep('workspace')
  return path
}
