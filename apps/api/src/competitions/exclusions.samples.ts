import type { SqlSamples } from '@medforge/db'
import type * as exclusions from './exclusions.ts'

const CLOCK = { now: () => new Date(0) }
const REQUEST = { submissionId: 's', actorUserId: 'u', requestId: 'r' }

export const samples: SqlSamples<typeof exclusions> = {
  excludeSubmission: [CLOCK, { ...REQUEST, reason: 'a reason' }],
  restoreSubmission: [CLOCK, REQUEST],
}
