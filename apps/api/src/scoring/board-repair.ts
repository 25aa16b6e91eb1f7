import { countWrongEntries, listBoards, lockCompetition, rebuildBoard } from '@medforge/core'
import { type DB, inTransaction } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'

export type BoardRepairDeps = { db: Kysely<DB>; logger: Logger }

const INTERVAL_MS = 3_600_000

/**
 * Compare every kept board with its official scores and make those again that differ. They never do, unless somebody changed rows by hand
 * or an older version of the worker was still scoring while the database moved on.
 *
 * @returns slugs of the boards that were made again
 */
export async function repairBoards({ db, logger }: BoardRepairDeps): Promise<string[]> {
  const repaired: string[] = []
  for (const { id, slug } of await listBoards(db)) {
    const wrong = await countWrongEntries(db, id)
    if (wrong === 0) continue
    const entries = await inTransaction(db, async (tx) => {
      await lockCompetition(tx, id)
      return rebuildBoard(tx, id)
    })
    logger.warn({ competition: slug, wrong, entries }, 'leaderboard.repaired')
    repaired.push(slug)
  }
  return repaired
}

/** At the start and every hour, until the signal aborts. */
export async function runBoardRepair(deps: BoardRepairDeps, signal: AbortSignal): Promise<void> {
  const loop = createLoop({
    intervalMs: INTERVAL_MS,
    backoffMaxMs: INTERVAL_MS,
    signal,
    runOnce: async () => void (await repairBoards(deps)),
    onFailure: (error) => deps.logger.warn({ err: error }, 'leaderboard.check_failed'),
  })
  await loop.run()
}
