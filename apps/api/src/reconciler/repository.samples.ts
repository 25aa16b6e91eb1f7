import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

export const samples: SqlSamples<typeof repository> = {
  findForWork: ['s'],
  recordRetry: [
    { id: 's', status: 'starting' },
    { attempts: 1, nextAttemptAt: new Date(0), statusReason: 'a reason' },
  ],
  listEndedWorkspaces: [['tank/w/u/s', 'tank/w/v/t']],
}
