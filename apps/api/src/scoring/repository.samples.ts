import type { SqlSamples } from '@medforge/db'
import type * as repository from './repository.ts'

export const samples: SqlSamples<typeof repository> = {
  readClaimedFile: {
    'for its competition': ['competitions', 'c', 's'],
    'for a re-score': ['rescore_runs', 'r', 's'],
  },
  failSubmission: [
    { submissionId: 's', leaseOwner: 'w/1' },
    { forPerson: 'a text', internal: 'another' },
  ],
}
