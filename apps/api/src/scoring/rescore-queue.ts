import { newId } from '@medforge/core'
import { type DB, toSqlTime } from '@medforge/db'
import { SCORER_VERSION } from '@medforge/scoring'
import { type Kysely, sql, type Updateable } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { endClaim, type QueueTable, type ScoringQueue } from './queue.ts'

/** What open re-scores still lack. The rows of one that ends are deleted. */
export const RESCORES: QueueTable = {
  name: 'shadow_scores',
  submission: 'submission_id',
  status: 'state',
  reason: 'reason',
  group: 'run_id',
  targets: 'rescore_runs',
  nextGroup: {
    from: () => sql`
      rescore_runs AS run STRAIGHT_JOIN shadow_scores FORCE INDEX (shadow_scores_queue)
        ON shadow_scores.run_id = run.id AND run.status = 'open'`,
    order: sql`run.created_at, run.id`,
  },
  nextRow: {
    from: sql`shadow_scores FORCE INDEX (shadow_scores_queue)`,
    order: sql`submission_id`,
  },
}

/** Its results are seen by nobody before the switch. */
export function createRescoreQueue(deps: {
  db: Kysely<DB>
  clock: Clock
  idleMs: number
}): ScoringQueue {
  const { db, clock, idleMs } = deps
  return {
    table: RESCORES,
    idleMs,
    async publish(claim, { result }, log) {
      const change = {
        state: 'scored',
        score_id: newId(),
        primary_score: result.primary_score,
        score_components: JSON.stringify(result.score_components),
        scorer_version: SCORER_VERSION,
        reason: null,
        scored_at: toSqlTime(clock.now()),
      } satisfies Updateable<DB['shadow_scores']>
      const isHeld = await endClaim(db, claim, change)
      log.debug({ primary_score: result.primary_score }, 'rescore.scored')
      return isHeld ? 'published' : 'lost'
    },
    async fail(claim, why, reason) {
      const state = why === 'invalid' ? 'invalid' : 'failed'
      await endClaim(db, claim, { state, reason } satisfies Updateable<DB['shadow_scores']>)
    },
  }
}
