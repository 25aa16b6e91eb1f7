import type { SqlSamples } from '@medforge/db'
import type * as repository from './leaderboard-repository.ts'

const BOARD = {
  id: 'c',
  evaluation_split_version: 'v',
  manifest_sha256: 'x',
  secondary_metrics: '[]',
  higher_is_better: true,
}
const NEXT = { limit: 50, after: { sort_score: 1, scored_at: 't', submission_id: 's' } }

export const samples: SqlSamples<typeof repository> = {
  listEntries: {
    'first page': [BOARD, { limit: 50, after: null }],
    'next page': [BOARD, NEXT],
    'next page, with the number of those before it': [BOARD, NEXT, 50],
  },
  listReferenceEntries: [BOARD],
  findEntry: [BOARD, 'u'],
  countEntries: [BOARD],
  readBestOverTime: [BOARD, ['u', 'w']],
}
