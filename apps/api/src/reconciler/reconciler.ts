import {
  type ActiveRow,
  ATTEMPT_BACKOFF_MAX_MS,
  attemptBackoffMs,
  listActive,
} from '@medforge/core'
import { sqlTimeToMs } from '@medforge/db'
import { createWorkQueue, type WorkQueue } from '../lib/work-queue.ts'
import { createSnapshotDeadlines } from './deadlines.ts'
import type { HostState } from './host/state.ts'
import { createOrphanRemover } from './orphans.ts'
import { type ReconcileDeps, reconcileSession, type Trigger } from './reconcile-session.ts'
import type { ListedContainer } from './runtime/port.ts'
import { createReleases } from './workspace/releases.ts'
import { createUsageRecorder } from './workspace/usage.ts'

export type ReconcilerDeps = Omit<ReconcileDeps, 'snapshotDeadlines' | 'usage'> & {
  host: HostState
  /** Off: only what people asked for is reconciled; running sessions, orphans and the report of overdue ends are left alone. */
  recoveryEnabled: boolean
  /** Replaced in tests, as in `createWorkQueue`. */
  monotonicMs?: () => number
  setTimer?: (ms: number, callback: () => void) => () => void
}

export interface Reconciler {
  /** Sessions to be reconciled, by id. The GPUs bound how many there are at once. */
  queue: WorkQueue<Trigger>
  /**
   * Enqueue every session that host and row may disagree about. One session's failure never ends a scan; only the database being away
   * does, and then it rejects.
   */
  scan(trigger: Trigger): Promise<void>
  /** Resolves once nothing is being done; what waits for its retry does not count. */
  idle(): Promise<void>
}

/** The loop: `scan`, a nudge of the server or an event of Docker adds a session to the queue, and `reconcileSession` works on it. */
export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { db, clock, logger, host, limits, recoveryEnabled, signal } = deps
  const { monotonicMs = () => performance.now(), setTimer } = deps
  const snapshotDeadlines = createSnapshotDeadlines(clock, limits.stopTimeoutMs, monotonicMs)
  const usage = createUsageRecorder({ ...deps, monotonicMs })
  const reconcileDeps = { ...deps, snapshotDeadlines, usage }
  const queue = createWorkQueue<Trigger>({
    process: (item) => reconcileSession(reconcileDeps, item),
    backoffMs: attemptBackoffMs,
    ...{ signal, monotonicMs, ...(setTimer ? { setTimer } : {}) },
  })
  const orphans = createOrphanRemover(deps)
  const releases = createReleases({ ...deps, monotonicMs })
  let isDockerAway = false

  async function listContainers(): Promise<ListedContainer[] | undefined> {
    try {
      const containers = await deps.runtime.list(signal)
      host.set('docker', null)
      isDockerAway = false
      return containers
    } catch (error) {
      // Logged once: from then on the health report has it.
      if (!isDockerAway) logger.error({ err: error }, 'session.poll.failed')
      isDockerAway = true
      host.set('docker', { code: 'docker_away', text: 'Docker does not answer.' })
      return undefined
    }
  }

  return {
    queue,
    async scan(trigger) {
      const containers = await listContainers()
      const active = await listActive(db)
      const rows = recoveryEnabled ? active : active.filter(({ status }) => status !== 'running')
      const nowMs = clock.now().getTime()
      for (const row of rows) {
        if (queue.isProcessing(row.id) || !needsWork(row, containers)) continue
        queue.addAfter(row.id, msUntilRetry(row, nowMs), trigger)
      }
      releases.start()
      usage.start()
      if (!recoveryEnabled) return
      host.set('overdue', overdueReason(active, nowMs))
      if (containers) orphans.check(containers, active)
    },
    async idle() {
      await Promise.all([queue.idle(), orphans.idle(), releases.idle(), usage.idle()])
    },
  }
}

/** A running session whose container is listed as running needs nothing; without a listing nothing is known against it. */
function needsWork(row: ActiveRow, containers: readonly ListedContainer[] | undefined): boolean {
  if (row.status !== 'running' || row.failed_at !== null) return true
  if (!containers) return false
  return !containers.some(({ sessionId, isRunning }) => sessionId === row.id && isRunning)
}

function msUntilRetry({ next_attempt_at }: ActiveRow, nowMs: number): number {
  const waitMs = next_attempt_at === null ? 0 : sqlTimeToMs(next_attempt_at) - nowMs
  // Longer than any pause that is ever made: the clock was put back meanwhile.
  return waitMs > ATTEMPT_BACKOFF_MAX_MS ? 0 : waitMs
}

function overdueReason(rows: readonly ActiveRow[], nowMs: number) {
  const { length: count } = rows.filter((row) => isOverdue(row, nowMs))
  if (count === 0) return null
  const sessions = count === 1 ? 'session has' : 'sessions have'
  return {
    code: 'stop_overdue',
    text: `${count} ${sessions} not stopped in time; the GPU stays reserved until the container is gone.`,
  }
}

/** Past the deadline of its end, with the container perhaps still there. */
function isOverdue(row: ActiveRow, nowMs: number): boolean {
  const isEnding = row.status === 'stopping' || row.failed_at !== null
  return isEnding && row.deadline_at !== null && sqlTimeToMs(row.deadline_at) <= nowMs
}
