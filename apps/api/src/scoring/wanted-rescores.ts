import { carryOutRescore, listWantedRuns } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'

export type WantedRescoresDeps = { db: Kysely<DB>; clock: Clock; logger: Logger }

const INTERVAL_MS = 1_000
const BACKOFF_MAX_MS = 30_000

/** Carry out what administrators asked for with re-scores of whole competitions, one pass over each. */
export async function carryOutRescores(deps: WantedRescoresDeps): Promise<void> {
  const { db, clock, logger } = deps
  for (const run of await listWantedRuns(db)) {
    const outcome = await carryOutRescore(db, run, clock.now())
    if (outcome === 'open') continue
    logger.info({ competition_id: run.competition_id, run_id: run.id, outcome }, 'rescore.ended')
  }
}

/** Once a second, until the signal aborts. */
export async function runWantedRescores(
  deps: WantedRescoresDeps,
  signal: AbortSignal,
): Promise<void> {
  const loop = createLoop({
    intervalMs: INTERVAL_MS,
    backoffMaxMs: BACKOFF_MAX_MS,
    signal,
    runOnce: () => carryOutRescores(deps),
    onFailure: (error) => deps.logger.warn({ err: error }, 'rescore.pass_failed'),
  })
  await loop.run()
}
