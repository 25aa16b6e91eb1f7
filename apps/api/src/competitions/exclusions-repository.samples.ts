import type { SqlSamples } from '@medforge/db'
import type * as repository from './exclusions-repository.ts'

export const samples: SqlSamples<typeof repository> = {
  lockSubmissionAndOwner: ['s'],
  findExclusionReason: ['s'],
  saveExclusion: ['s', { reason: 'a reason', excluded_by: 'u', excluded_at: 't' }],
  deleteExclusion: ['s'],
  findOfficialSplit: ['s'],
}
