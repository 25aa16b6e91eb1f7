import type { SqlSamples } from '@medforge/db'
import type * as repository from './usage-repository.ts'

export const samples: SqlSamples<typeof repository> = {
  listUsage: [],
  saveUsage: ['u', { usedBytes: 2, snapshotsBytes: 1 }, new Date(0)],
}
