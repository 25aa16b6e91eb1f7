import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

const FACTS = {
  id: 0,
  present: true,
  uuid: 'GPU-0',
  model: 'm',
  health: 'healthy',
  health_reason: null,
  quarantine: null,
  quarantined_at: null,
} as const

export const samples: SqlSamples<typeof repository> = {
  listGpuRows: [],
  recordGpus: [[FACTS], new Date(0)],
  readHolders: [],
  countEnded: [],
  setHolderReason: [0, 'a reason'],
}
