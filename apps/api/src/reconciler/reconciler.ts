import { sessionContainerName } from '@medforge/contracts'
import { type ActiveRow, ATTEMPT_BACKOFF_MAX_MS, listActive } from '@medforge/core'
import { type DB, sqlTimeToMs } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { SessionDriver, Trigger } from './driver.ts'
import type { HostState } from './host-state.ts'
import type { ListedContainer, SessionRuntime } from './runtime/port.ts'

export type ReconcilerDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  runtime: SessionRuntime
  driver: SessionDriver
  host: HostState
}

export type PassStats = { active: number; taken: number; orphans: number }

export interface Reconciler {
  /**
   * Look at every active session once and hand those that host and row disagree about to the driver. One session's failure never ends
   * the pass; only the database being away does, and then it rejects.
   */
  scan(trigger: Trigger, signal: AbortSignal): Promise<PassStats>
  /**
   * What is left of a pass where recovery is switched off: find out whether Docker answers, and take up what create and stop asked for,
   * as their nudge may be lost and the operator's commands send none. Running sessions and orphans are left alone.
   */
  takeUpWishes(signal: AbortSignal): Promise<void>
  /** `scan`, and wait until all the work that it caused is done. */
  runOnce(signal: AbortSignal): Promise<PassStats>
}

/** The periodic pass over all rows and all labelled containers. What is done about one session is the driver's and the planner's. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { db, clock, logger, runtime, driver, host } = deps
  let isDockerAway = false
  let suspects = new Set<string>()
  const removals = new Map<string, Promise<void>>()

  async function listContainers(signal: AbortSignal): Promise<ListedContainer[] | undefined> {
    try {
      const containers = await runtime.list(signal)
      host.set('docker', null)
      isDockerAway = false
      return containers
    } catch (error) {
      // Said once: what follows is the health report's.
      if (!isDockerAway) logger.error({ err: error }, 'session.poll.failed')
      isDockerAway = true
      host.set('docker', { code: 'docker_away', text: 'Docker does not answer.' })
      return undefined
    }
  }

  function reportOverdue(rows: readonly ActiveRow[], now: Date): void {
    const overdue = rows.filter((row) => isStuck(row, now)).length
    host.set(
      'overdue',
      overdue === 0
        ? null
        : {
            code: 'stop_overdue',
            text: `${overdue} ${overdue === 1 ? 'session has' : 'sessions have'} not stopped in time; the GPU stays reserved until the container is gone.`,
          },
    )
  }

  async function removeOrphan({ id, name, sessionId }: ListedContainer, signal: AbortSignal) {
    const context = { session_id: sessionId, container: name, container_id: id }
    logger.warn({ ...context, decision: ['remove-orphan'] }, 'session.recovery.decision')
    try {
      await runtime.remove(id, signal)
    } catch (error) {
      logger.error({ ...context, err: error }, 'session.recovery.failure')
    }
    removals.delete(id)
  }

  /** Removes a container without a live row once two listings in a row agree about it; does not wait for the removal. */
  function removeOrphans(
    containers: readonly ListedContainer[],
    rows: readonly ActiveRow[],
    signal: AbortSignal,
  ): number {
    const live = new Map(rows.map((row) => [row.id, sessionContainerName(row.slug)]))
    const orphans = containers.filter(
      ({ sessionId, name }) => sessionId === null || live.get(sessionId) !== name,
    )
    const confirmed = orphans.filter(({ id }) => suspects.has(id) && !removals.has(id))
    suspects = new Set(orphans.map(({ id }) => id))
    for (const orphan of confirmed) removals.set(orphan.id, removeOrphan(orphan, signal))
    return orphans.length
  }

  async function scan(trigger: Trigger, signal: AbortSignal): Promise<PassStats> {
    // Containers first: a container is made after its row, so one that is listed and has no row afterwards has lost it.
    const containers = await listContainers(signal)
    const rows = await listActive(db)
    const now = clock.now()
    const due = rows.filter((row) => needsWork(row, containers, now))
    for (const row of due) driver.ensure(row.id, trigger)
    reportOverdue(rows, now)
    const orphans = containers ? removeOrphans(containers, rows, signal) : 0
    return { active: rows.length, taken: due.length, orphans }
  }

  return {
    scan,
    async takeUpWishes(signal) {
      const containers = await listContainers(signal)
      const wished = (await listActive(db)).filter(({ status }) => status !== 'running')
      const now = clock.now()
      const due = wished.filter((row) => needsWork(row, containers, now))
      for (const row of due) driver.ensure(row.id, 'poll')
    },
    async runOnce(signal) {
      const stats = await scan('poll', signal)
      await Promise.all([driver.idle(), ...removals.values()])
      return stats
    },
  }
}

/** A running session whose container is listed as running needs nothing; without a listing nothing is known against it. */
function needsWork(
  row: ActiveRow,
  containers: readonly ListedContainer[] | undefined,
  now: Date,
): boolean {
  if (row.next_attempt_at !== null) {
    const waitMs = sqlTimeToMs(row.next_attempt_at) - now.getTime()
    // Longer than any pause that is ever made: the clock was put back meanwhile.
    if (waitMs > 0 && waitMs <= ATTEMPT_BACKOFF_MAX_MS) return false
  }
  if (row.status !== 'running' || row.error_message !== null) return true
  if (!containers) return false
  return !containers.some(({ sessionId, isRunning }) => sessionId === row.id && isRunning)
}

/** Past the deadline of its end, with the container perhaps still there. */
function isStuck(row: ActiveRow, now: Date): boolean {
  const isEnding = row.status === 'stopping' || row.error_message !== null
  return isEnding && row.deadline_at !== null && sqlTimeToMs(row.deadline_at) <= now.getTime()
}
