import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Logger } from '../../lib/logger.ts'
import { HostAwayError } from '../host-error.ts'
import { listEndedWorkspaces } from '../repository.ts'
import type { SessionWorkspaces } from './port.ts'

export type ReleasesDeps = {
  db: Kysely<DB>
  logger: Logger
  workspaces: SessionWorkspaces
  /** Milliseconds since any moment, whatever becomes of the clock. */
  monotonicMs: () => number
  signal: AbortSignal
}

/** Unmounts the workspaces of sessions that have ended: what stays mounted counts against the limits of ZFS in user space. */
export interface Releases {
  /** Release some, unless that is under way. Neither waits nor rejects. */
  start(): void
  /** Resolves when nothing is being released. */
  idle(): Promise<void>
}

// Each takes the pool's lock for itself, so a launch waits for one of them at most; the rest of many is the next pass's.
const BATCH_MAX = 20
const BUSY_RETRY_MS = 60_000

/**
 * Follows from what is mounted and from the rows alone, so it needs no step of its own in the end of a session: a crash, a start of the host,
 * or an earlier version that left everything mounted come to the same. A workspace without a row is an operator's clone and stays.
 */
export function createReleases(deps: ReleasesDeps): Releases {
  const { db, logger, workspaces, monotonicMs, signal } = deps
  const busyUntilMs = new Map<string, number>()
  let running: Promise<void> | undefined

  async function releaseEnded(): Promise<void> {
    // Mounts first: a row that is terminal after that is the mount's own, and stays terminal.
    const mounted = await workspaces.listMounted()
    for (const dataset of busyUntilMs.keys()) {
      if (!mounted.includes(dataset)) busyUntilMs.delete(dataset)
    }
    const due = mounted.filter((dataset) => (busyUntilMs.get(dataset) ?? 0) <= monotonicMs())
    const ended = due.length === 0 ? [] : await listEndedWorkspaces(db, due)
    for (const dataset of ended.slice(0, BATCH_MAX)) {
      if (signal.aborted) return
      await release(dataset)
    }
  }

  async function release(dataset: string): Promise<void> {
    if ((await workspaces.release(dataset, signal)) === 'released') {
      logger.debug({ dataset }, 'workspace.released')
      return
    }
    if (!busyUntilMs.has(dataset)) logger.warn({ dataset }, 'workspace.busy')
    busyUntilMs.set(dataset, monotonicMs() + BUSY_RETRY_MS)
  }

  return {
    start() {
      running ??= releaseEnded()
        .catch((error) => {
          // A pool that is away is reported by its own check.
          if (signal.aborted || error instanceof HostAwayError) return
          logger.error({ err: error }, 'workspace.release.failed')
        })
        .finally(() => {
          running = undefined
        })
    },
    async idle() {
      await running
    },
  }
}
