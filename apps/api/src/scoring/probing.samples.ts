import { deflateRawSync } from 'node:zlib'
import type { SqlSamples } from '@medforge/db'
import type * as probing from './probing.ts'

const FILE = {
  submissionId: 's',
  competitionId: 'c',
  userId: 'u',
  fingerprint: deflateRawSync(Buffer.alloc(20)),
}
const NEARLY_THE_SAME = {
  submission_id: 'other',
  row_hashes: deflateRawSync(Buffer.alloc(20).fill(1, 0, 2)),
}

export const samples: SqlSamples<typeof probing> = {
  noteFingerprint: {
    args: [FILE, new Date(0)],
    rows: [new Array<object>(21).fill(NEARLY_THE_SAME)],
  },
}
