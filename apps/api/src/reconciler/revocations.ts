import { type DB, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { HostState } from './host/state.ts'
import { HostAwayError } from './host-error.ts'
import type { SessionFlows } from './network/flows.ts'
import {
  type EndedLogin,
  findSocketsMark,
  listDemotions,
  listEndedLogins,
  listPasswordChanges,
  listRunningSlugs,
  saveSocketsMark,
} from './repository.ts'

// Longer than a transaction that revokes takes to commit, so that none is overlooked.
const LOOK_BACK_MS = 120_000

// The mark may lag behind by less than what is looked back at anyway; so an idle platform writes it rarely.
const MARK_INTERVAL_MS = 30_000

export interface Revocations {
  /**
   * End the open sockets behind logins that ran out, were revoked, whoever revoked them, or got a new token with a new password, and those
   * of somebody who ceased to be an administrator: the edge asks about a login once a connection, so a websocket would outlive it. Rejects when that failed; the next
   * pass tries again, however long it takes, and health says so meanwhile.
   */
  runOnce(signal: AbortSignal): Promise<void>
}

/**
 * Compares the logins that ended with those already seen to. It looks back to the last pass at which nothing was left to cut, which the
 * database remembers: neither a Docker that is away for an hour nor a new process makes it overlook one. What a new process cuts again
 * costs its owner a reconnect at most.
 */
export function createRevocations(deps: {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  flows: SessionFlows
  host: HostState
  idleTtlSeconds: number
}): Revocations {
  const { db, clock, logger, flows, host } = deps
  const idleTtlMs = deps.idleTtlSeconds * 1000
  let done = new Set<string>()
  let markMs: number | undefined
  /** Sessions with connections that could not be reset, to be tried again without those that could. */
  let resisting: string[] = []

  async function saveMark(nowMs: number): Promise<void> {
    // A mark that lies ahead comes from a clock that was put back since.
    if (markMs !== undefined && Math.abs(nowMs - markMs) < MARK_INTERVAL_MS) return
    await saveSocketsMark(db, new Date(nowMs))
    markMs = nowMs
  }

  /** The running sessions behind what ended or was taken away and not yet seen to. */
  async function affected(fresh: readonly EndedLogin[], demoted: boolean) {
    if (fresh.length === 0 && !demoted) return []
    // An admin may have any session open; everybody else only their own.
    const isAnyAdmin = demoted || fresh.some(({ role }) => role === 'admin')
    return listRunningSlugs(db, isAnyAdmin ? 'everybody' : fresh.map(({ user_id }) => user_id))
  }

  async function pass(signal: AbortSignal): Promise<void> {
    const nowMs = clock.now().getTime()
    markMs ??= await readMark(db)
    const sinceMs = Math.min(nowMs - LOOK_BACK_MS, markMs ?? nowMs)
    const since = toSqlTime(new Date(sinceMs))
    const ended = [
      ...(await listEndedLogins(db, { sinceMs, nowMs, idleTtlMs })),
      ...(await listPasswordChanges(db, since)),
    ]
    const demotions = await listDemotions(db, since)
    const fresh = ended.filter(({ id }) => !done.has(id))
    const wasAnyDemoted = demotions.some((id) => !done.has(id))
    const slugs = new Set([...resisting, ...(await affected(fresh, wasAnyDemoted))])
    if (slugs.size > 0) {
      resisting = await flows.cut([...slugs], signal)
      const cut = [...slugs].filter((slug) => !resisting.includes(slug))
      if (cut.length > 0) {
        logger.info({ slugs: cut, logins: fresh.length }, 'session.sockets.cut')
      }
    }
    done = new Set([...ended.map(({ id }) => id), ...demotions])
    if (resisting.length > 0) {
      throw new HostAwayError(`Open connections of ${resisting.length} sessions resist.`)
    }
    await saveMark(nowMs)
  }

  return {
    async runOnce(signal) {
      try {
        await pass(signal)
        host.set('sockets', null)
      } catch (error) {
        if (!signal.aborted) {
          const text = 'Open connections of logins that have ended could not be cut; trying again.'
          host.set('sockets', { code: 'sockets_not_cut', text })
        }
        throw error
      }
    },
  }
}

async function readMark(db: Kysely<DB>): Promise<number | undefined> {
  const mark = await findSocketsMark(db)
  return mark === undefined ? undefined : sqlTimeToMs(mark)
}
