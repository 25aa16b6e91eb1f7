import type { SqlSamples } from '@medforge/db'
import { CLAIM } from './queue.samples.ts'
import type * as queue from './shadow-queue.ts'

const AT = new Date(0)
const RELEASE = { notBefore: AT, reason: 'a reason', countsAsAttempt: true }
const SHADOW_CLAIM = { ...CLAIM, runId: 'r' }

export const samples: SqlSamples<typeof queue> = {
  claimShadow: [{ worker: 'w', now: AT, leaseMs: 60_000, onHold: [] }],
  recordShadowScore: [SHADOW_CLAIM, { primary_score: 1, score_components: {} }, AT],
  recordShadowFailure: [SHADOW_CLAIM, 'failed', 'a reason'],
  releaseShadow: [SHADOW_CLAIM, RELEASE],
}
