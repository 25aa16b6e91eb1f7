import { assumeLostAccesses, isTerminal } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import {
  deleteAccesses,
  deleteUnknownAccesses,
  type EndedAccess,
  type LastUse,
  listEndedAccesses,
  listLastUses,
} from './access-repository.ts'
import type { HostState } from './host/state.ts'
import { HostAwayError } from './host-error.ts'
import type { EdgeFlows, Flows } from './network/flows.ts'

// Longer than the edge waits for an answer to its question, and short enough for what follows to be done within ten seconds.
const FLUSH_LIMIT_MS = 3_000

// Longer than the edge waits for the answer to its question and then for a connection to the session: what may be any connection may be one
// that is not there yet.
const OPENING_MS = 5_000

export interface Revocations {
  /**
   * End the connections through which a login that ended since entered sessions, and none that another login opened: the edge asks about a
   * login once a connection, so a websocket would outlive it. Where it is not known which connection that was, all connections of the
   * session end.
   *
   * Rejects when that failed; the next pass tries again, however long it takes, and health says so meanwhile.
   */
  runOnce(signal: AbortSignal): Promise<void>
}

/**
 * Compares `session_accesses` with who may be where, and forgets a row once its connection is cut. It remembers nothing itself: neither a
 * Docker that is away for an hour nor a new process makes it overlook one.
 */
export function createRevocations(deps: {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  flows: EdgeFlows
  host: HostState
  /** Have the server write the accesses that it has noted. @returns whether it did, within `limitMs` */
  flush(limitMs: number, signal: AbortSignal): Promise<boolean>
  idleTtlSeconds: number
}): Revocations {
  const { db, clock, logger, flows, host } = deps
  const idleTtlMs = deps.idleTtlSeconds * 1000

  /** @returns whether every connection that had to end did */
  async function pass(signal: AbortSignal): Promise<boolean> {
    if (!(await deps.flush(FLUSH_LIMIT_MS, signal))) {
      if (signal.aborted) return true
      const areLost = await assumeLostAccesses(db, { at: clock.now(), idleTtlMs })
      if (areLost) logger.warn('session.accesses.not_known')
    }
    const nowMs = clock.now().getTime()
    const ended = await listEndedAccesses(db, { nowMs, idleTtlMs })
    if (ended.length === 0) return true
    const cut = chooseCut(ended, await listLastUses(db, clientsOf(ended)))
    const resisting = await reset(cut, signal)

    const openedBeforeMs = nowMs - OPENING_MS
    const stays = ({ client, slug, seenMs }: EndedAccess) =>
      client === null
        ? resisting.sessions.includes(slug) || seenMs >= openedBeforeMs
        : resisting.clients.includes(client)
    const kept = new Set(cut.accesses.filter(stays))
    await deleteAccesses(
      db,
      ended.filter((access) => !kept.has(access)).map(({ id }) => id),
    )
    // Whoever else may have come through any connection came through one that is gone now.
    const closed = cut.accesses.filter(
      ({ client, slug }) => client === null && !resisting.sessions.includes(slug),
    )
    await deleteUnknownAccesses(
      db,
      closed.map(({ sessionId }) => sessionId),
      openedBeforeMs,
    )
    return resisting.clients.length + resisting.sessions.length === 0
  }

  async function reset(cut: Flows, signal: AbortSignal): Promise<Flows> {
    if (cut.clients.length + cut.sessions.length === 0) return cut
    const resisting = await flows.cut(cut, signal)
    const clients = cut.clients.length - resisting.clients.length
    const slugs = cut.sessions.filter((slug) => !resisting.sessions.includes(slug))
    if (clients + slugs.length > 0) logger.info({ clients, slugs }, 'session.sockets.cut')
    return resisting
  }

  return {
    async runOnce(signal) {
      try {
        if (!(await pass(signal))) throw new HostAwayError('Open connections resist.')
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

/** What to cut for accesses that ended: `accesses` are those of them that a connection may still carry. */
export type Cut = Flows & { accesses: EndedAccess[] }

/**
 * Which connections may still carry something of these accesses. A port is used again, and a browser's next login uses its connections: one
 * that takes one request after the other is its last user's, and one that takes several at once may be everybody's who used it.
 */
export function chooseCut(
  ended: readonly EndedAccess[],
  lastUses: ReadonlyMap<string, LastUse>,
): Cut {
  const accesses = ended.filter((access) => {
    const last = access.client === null ? undefined : lastUses.get(access.client)
    return !(isTerminal(access.sessionStatus) || (last && isOver(access, last)))
  })
  const sessions = accesses.flatMap(({ client, slug }) => (client === null ? slug : []))
  return { accesses, clients: clientsOf(accesses), sessions: [...new Set(sessions)] }
}

function isOver({ id, isMultiplexed }: EndedAccess, last: LastUse): boolean {
  return id < (isMultiplexed ? last.exclusiveId : last.id)
}

function clientsOf(accesses: readonly EndedAccess[]): string[] {
  return [...new Set(accesses.flatMap(({ client }) => client ?? []))]
}
