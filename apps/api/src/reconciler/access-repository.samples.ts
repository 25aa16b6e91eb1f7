import type { SqlSamples } from '@medforge/db'
import type * as repository from './access-repository.ts'

export const samples: SqlSamples<typeof repository> = {
  listEndedAccesses: [{ nowMs: 1, idleTtlMs: 1 }],
  listLastUses: [['192.0.2.7:50000', '192.0.2.7:50001']],
  listKnownAccesses: [50_000],
  areAccessesMany: [2_000],
  deleteAccesses: [[1, 2]],
  deleteUnknownAccesses: [['s', 't'], 1],
}
