import type { SqlSamples } from '@medforge/db'
import type * as epoch from './access-epoch.ts'

export const samples: SqlSamples<typeof epoch> = {
  moveAccessEpoch: [new Date(0)],
}
