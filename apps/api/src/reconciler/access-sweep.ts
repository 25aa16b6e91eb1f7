import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { areAccessesMany, deleteAccesses, listKnownAccesses } from './access-repository.ts'
import type { EdgeFlows } from './network/flows.ts'

const INTERVAL_MS = 600_000
const MANY = 2_000
// About 5 MB; what is left is swept by the next call.
const SWEPT_AT_ONCE = 50_000

export interface AccessSweep {
  /**
   * Forget accesses whose connection is closed, so that the table stays as small as the edge is busy: every ten minutes, and whenever
   * there are more than `MANY`.
   *
   * @throws HostAwayError, or the database's own error; nothing is forgotten then
   */
  runIfDue(signal: AbortSignal): Promise<void>
}

export function createAccessSweep(deps: {
  db: Kysely<DB>
  clock: Clock
  flows: EdgeFlows
}): AccessSweep {
  const { db, clock, flows } = deps
  let lastMs = clock.now().getTime()

  return {
    async runIfDue(signal) {
      const nowMs = clock.now().getTime()
      if (Math.abs(nowMs - lastMs) < INTERVAL_MS && !(await areAccessesMany(db, MANY))) return
      lastMs = nowMs
      // Before the list: what is in it was open then, and is closed where the list lacks it.
      const accesses = await listKnownAccesses(db, SWEPT_AT_ONCE)
      if (accesses.length === 0) return
      const peers = await flows.listPeers(signal)
      const closed = accesses.filter(({ client }) => !peers.has(client))
      await deleteAccesses(
        db,
        closed.map(({ id }) => id),
      )
    },
  }
}
