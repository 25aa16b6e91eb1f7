import type { SqlSamples } from '@medforge/db'
import type * as presence from './worker-presence.ts'

export const samples: SqlSamples<typeof presence> = {
  announceWorker: ['w', new Date(0)],
  dismissWorker: ['w'],
  listWorkers: { args: [], rows: [[{ name: 'worker.w', updated_at: 't' }]] },
}
