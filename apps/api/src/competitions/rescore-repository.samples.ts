import type { SqlSamples } from '@medforge/db'
import type * as repository from './rescore-repository.ts'

const TARGET = {
  bundle_version: 'b',
  metric_version: 'm',
  evaluation_split_version: 'v',
  manifest_sha256: 'x',
}

export const samples: SqlSamples<typeof repository> = {
  findOpenRun: ['c'],
  findLastEnded: ['c'],
  insertRun: [{ competitionId: 'c', target: TARGET, wantedBy: 'u', at: new Date(0) }],
  wantOfRun: ['r', { wanted: 'switch', wanted_by: 'u', note: 'a note' }],
}
