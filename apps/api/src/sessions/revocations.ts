import { type DB, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { SessionFlows } from './network/flows.ts'
import { listDemotions, listRevokedLogins, listRunningSlugs } from './repository.ts'

// Longer than any pause between two passes while the database and Docker are well, and than a restart of this process.
const LOOK_BACK_MS = 120_000

export interface Revocations {
  /**
   * End the open sockets behind logins that were revoked of late, whoever revoked them, and those of somebody who ceased to be an
   * administrator: the edge asks about a login once a connection, so a websocket would outlive it. Rejects when that failed; the next pass tries again.
   */
  runOnce(signal: AbortSignal): Promise<void>
}

/**
 * Compares the revoked logins with those already seen to. Nothing is kept but the ids of the last two minutes; a new process cuts those
 * again, which costs their owners a reconnect at most.
 */
export function createRevocations(deps: {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  flows: SessionFlows
}): Revocations {
  const { db, clock, logger, flows } = deps
  let done = new Set<string>()

  return {
    async runOnce(signal) {
      const since = new Date(clock.now().getTime() - LOOK_BACK_MS)
      const revoked = await listRevokedLogins(db, toSqlTime(since))
      const demotions = await listDemotions(db, toSqlTime(since))
      const fresh = revoked.filter(({ id }) => !done.has(id))
      const wasAnyDemoted = demotions.some((id) => !done.has(id))
      if (fresh.length > 0 || wasAnyDemoted) {
        // An admin may have any session open; everybody else only their own.
        const isAnyAdmin = wasAnyDemoted || fresh.some(({ role }) => role === 'admin')
        const owners = isAnyAdmin ? 'everybody' : fresh.map(({ user_id }) => user_id)
        const slugs = await listRunningSlugs(db, owners)
        if (slugs.length > 0) {
          await flows.cut(slugs, signal)
          logger.info({ slugs, logins: fresh.length }, 'session.sockets.cut')
        }
      }
      done = new Set([...revoked.map(({ id }) => id), ...demotions])
    },
  }
}
