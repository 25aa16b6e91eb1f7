import type { SqlSamples } from '@medforge/db'
import type * as queue from './queue.ts'

const AT = new Date(0)
const OPTIONS = { worker: 'w', now: AT, leaseMs: 60_000 }
const RELEASE = { notBefore: AT, reason: 'a reason', countsAsAttempt: true }
export const CLAIM = {
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
    'nothing on hold': [OPTIONS],
    'some competitions on hold': [{ ...OPTIONS, onHold: ['c', 'd'] }],
  },
  claimExpired: [OPTIONS],
  inShortTransaction: [async () => {}],
  extendLease: [CLAIM, AT, 60_000],
  releaseClaim: [CLAIM, RELEASE],
  failClaim: [CLAIM, { forPerson: 'a text', internal: 'another' }],
}
