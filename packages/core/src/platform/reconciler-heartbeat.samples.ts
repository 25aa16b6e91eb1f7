import type { SqlSamples } from '@medforge/db'
import type * as heartbeat from './reconciler-heartbeat.ts'

const CLOCK = { now: () => new Date(0) }

export const samples: SqlSamples<typeof heartbeat> = {
  writeHeartbeat: [CLOCK, { able: true, reasons: [], boot_id: 'b' }],
  readReconcilerState: [CLOCK],
}
