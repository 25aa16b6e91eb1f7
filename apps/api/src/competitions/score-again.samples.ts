import type { SqlSamples } from '@medforge/db'
import type * as scoreAgain from './score-again.ts'

const REQUEST = { submissionId: 's', actorUserId: 'u', requestId: 'r' }

export const samples: SqlSamples<typeof scoreAgain> = {
  requeueSubmission: {
    args: [{ now: () => new Date(0) }, REQUEST],
    rows: [[{ competition_id: 'c', score_status: 'scored' }], []],
  },
}
