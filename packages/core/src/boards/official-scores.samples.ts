import type { SqlSamples } from '@medforge/db'
import type * as officialScores from './official-scores.ts'

export const samples: SqlSamples<typeof officialScores> = {
  switchOfficialScores: [
    {
      id: 'r',
      competition_id: 'c',
      metric_version: 'm',
      evaluation_split_version: 'v',
      manifest_sha256: 'x',
    },
  ],
}
