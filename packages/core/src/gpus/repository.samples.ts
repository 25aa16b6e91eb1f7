import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

export const samples: SqlSamples<typeof repository> = {
  lockGpu: [0],
  updateGpu: [0, { enabled: true, disabled_reason: null, cleared_at: 't' }],
  listGpus: [],
}
