import type { SqlSamples } from '@medforge/db'
import type * as queue from './queue.ts'
import type { Claim } from './queue.ts'
import { RESCORES } from './rescore-queue.ts'
import { SUBMISSIONS } from './submission-queue.ts'

const AT = new Date(0)
const OPTIONS = { worker: 'w', now: AT, leaseMs: 60_000 }
const RELEASE = { notBefore: AT, reason: 'a reason', isBlocked: false, countsAsAttempt: true }
export const CLAIM: Claim = {
  table: SUBMISSIONS,
  groupId: 'c',
  job: {
    submissionId: 's',
    storedName: 'n',
    sizeBytes: 1,
    sha256: 'x',
    competitionSlug: 'c',
    bundleVersion: null,
    metricVersion: 'm',
    evaluationSplitVersion: 'v',
    manifestSha256: 'x',
  },
  competitionId: 'c',
  userId: 'u',
  leaseOwner: 'w/1',
  attempt: 1,
  requestId: 'r',
}

export const samples: SqlSamples<typeof queue> = {
  claimQueued: {
    'of submissions': [SUBMISSIONS, OPTIONS],
    'of submissions, without some competitions': [SUBMISSIONS, { ...OPTIONS, skip: ['c', 'd'] }],
    'of a re-score': [RESCORES, OPTIONS],
  },
  claimExpired: [SUBMISSIONS, OPTIONS],
  extendLease: [CLAIM, AT, 60_000],
  releaseClaim: [CLAIM, RELEASE],
  endClaim: [CLAIM, { score_status: 'failed' }],
}
