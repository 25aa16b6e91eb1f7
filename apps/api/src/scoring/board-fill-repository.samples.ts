import type { SqlSamples } from '@medforge/db'
import type * as repository from './board-fill-repository.ts'

const AT = '2026-01-01 00:00:00.000000'
const BOARD: repository.Board = {
  id: 'c',
  slug: 's',
  bundle_version: null,
  metric_version: 'm',
  secondary_metrics: '[]',
  reference_entries: '[]',
  evaluation_split_version: 'v',
  manifest_sha256: 'x',
}
const REFERENCE: repository.ReferenceScore = {
  competition_id: 'c',
  evaluation_split_version: 'v',
  name: 'n',
  source: 'random',
  place: 0,
  metric_version: 'm',
  manifest_sha256: 'x',
  secondary_metrics: '[]',
  primary_score: 0.5,
  score_components: '{}',
  standard_error: 0.1,
  interval_low: 0.4,
  interval_high: 0.6,
  computed_at: AT,
}

export const samples: SqlSamples<typeof repository> = {
  listBoardsToFill: [],
  listUnmeasured: [BOARD, AT],
  findFirst: [BOARD, AT],
  listUncompared: [BOARD, 's', AT],
  saveUncertainty: [
    {
      score_id: 's',
      secondary_metrics: '[]',
      standard_error: 0.1,
      interval_low: 0.4,
      interval_high: 0.6,
      computed_at: AT,
    },
  ],
  saveComponents: ['s', '{}'],
  saveTie: ['s', { first_score_id: 'f', tied_with_first: true }],
  listReferenceScores: [BOARD],
  saveReferenceScore: [REFERENCE],
  deleteReferenceScore: [REFERENCE],
}
