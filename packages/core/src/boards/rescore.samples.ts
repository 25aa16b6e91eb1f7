import type { SqlSamples } from '@medforge/db'
import type * as rescore from './rescore.ts'

const AT = new Date(0)
const TARGET = {
  bundle_version: 'b',
  metric_version: 'm',
  evaluation_split_version: 'v',
  manifest_sha256: 'x',
}
export const RUN = {
  id: 'r',
  competition_id: 'c',
  ...TARGET,
  status: 'open',
  open_active: 1,
  wanted: null,
  wanted_by: null,
  note: null,
  gathered_at: null,
  created_at: 't',
  ended_at: null,
} as const

export const samples: SqlSamples<typeof rescore> = {
  openRescore: ['c', TARGET, AT],
  gatherSubmissions: [RUN, { retryFailed: true }],
  readProgress: [RUN],
  abandonRescore: [RUN, AT],
  lockCompetition: ['c'],
  endRun: ['r', 'abandoned', AT],
}
