import type { SqlSamples } from '@medforge/db'
import type * as heartbeats from './worker-heartbeats.ts'

export const samples: SqlSamples<typeof heartbeats> = {
  writeWorkerHeartbeat: ['w', new Date(0)],
  removeWorkerHeartbeat: ['w'],
  listWorkers: { args: [], rows: [[{ name: 'worker.w', updated_at: 't' }]] },
}
