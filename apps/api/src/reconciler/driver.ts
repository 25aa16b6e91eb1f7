import { setTimeout as sleep } from 'node:timers/promises'
import {
  attemptBackoffMs,
  isTerminal,
  type LifecycleLimits,
  latestDeadlineOf,
  type Reason,
  updateFacts,
} from '@medforge/core'
import { type DB, sqlTimeToMs, toSqlTime } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import { applyPlan, type Outcome } from './apply.ts'
import type { AssertFit } from './gpus/check.ts'
import { type Observation, planSession } from './plan.ts'
import type { ReadinessProbe } from './readiness.ts'
import { findWork, recordRetry, type WorkRow } from './repository.ts'
import type { ContainerFact, SessionRuntime } from './runtime/port.ts'
import type { SessionWorkspaces } from './workspace/port.ts'

export type DriverDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  runtime: SessionRuntime
  workspaces: SessionWorkspaces
  readiness: ReadinessProbe
  limits: LifecycleLimits
  whyClosed(): Reason | null
  changed(sessionId: string): void
  failpoint?: Failpoint
  assertGpuFit?: AssertFit
  /** Ends all work; what was begun is finished by whoever comes next. */
  signal: AbortSignal
  /** Milliseconds since any moment, whatever becomes of the clock; replaced in tests. */
  monotonicMs?: () => number
  /** Calls back after so many milliseconds unless cancelled; replaced in tests. */
  later?: (ms: number, callback: () => void) => () => void
}

/** Why somebody looks at a session; told in the log. */
export type Trigger = 'nudge' | 'watch' | 'poll' | 'boot'

/**
 * Works on sessions, each on its own: at most one piece of work a session at a time, and as many sessions at once as are active (the
 * GPUs bound them). One that hangs or fails delays nobody else.
 */
export interface SessionDriver {
  /** Look at this session now, cutting short whatever pause its work is in. */
  nudge(sessionId: string, trigger: Trigger): void
  /** Look at this session unless somebody is at it already. */
  ensure(sessionId: string, trigger: Trigger): void
  /** Try at once again whatever waits for its next try: what it waited for may be over. */
  resume(): void
  /** Resolves once nothing is being worked on; what waits for its next try does not count. */
  idle(): Promise<void>
}

// The IDE needs 0.5 s to come up; asking more often than this costs the CPU it starts on.
const PROBE_PAUSE_MS = 20
// While the IDE comes up, row and container are looked at again this often: a stop or a death that nobody announced is seen then.
const READY_SLICE_MS = 1_000
// A plan that keeps asking for another look without getting anywhere is a bug; it may not become a busy loop.
const TURNS_WITHOUT_PAUSE_MAX = 50

export function createDriver(deps: DriverDeps): SessionDriver {
  const { db, clock, logger, runtime, workspaces, readiness, signal } = deps
  const later = deps.later ?? setTimer
  const monotonicMs = deps.monotonicMs ?? (() => performance.now())
  const working = new Map<string, Work>()
  /** Ends being worked on: when their container was first seen gone, by `monotonicMs`. */
  const goneSinceMs = new Map<string, number>()
  const retries = new Map<string, { attempts: number; cancel: () => void }>()

  async function observe(row: WorkRow): Promise<Observation> {
    const [container, workspace] = await Promise.all([
      runtime.observe({ sessionId: row.id, slug: row.slug }, signal),
      workspaces.observe(row.workspace_zfs, row.snapshot_name, signal),
    ])
    const deadlineMs = row.deadline_at === null ? null : sqlTimeToMs(row.deadline_at)
    const snapshotDeadlineMs = snapshotDeadlineOf(row.id, deadlineMs, container)
    return { row: { ...row, deadlineMs, snapshotDeadlineMs }, container, workspace }
  }

  /**
   * The row's deadline, and never less than a stop's time after this process first saw the container gone: after a power cut, or when the
   * container resisted, the deadline may be over before the snapshot could be tried.
   */
  function snapshotDeadlineOf(id: string, deadlineMs: number | null, container: ContainerFact) {
    if (container.kind === 'present') goneSinceMs.delete(id)
    if (container.kind === 'present' || container.kind === 'unknown') return null
    const seenMs = goneSinceMs.get(id) ?? monotonicMs()
    goneSinceMs.set(id, seenMs)
    const leftMs = seenMs + deps.limits.stopTimeoutMs - monotonicMs()
    return Math.max(deadlineMs ?? 0, clock.now().getTime() + leftMs)
  }

  /** Whether the row's deadline was further away than any can be, because the clock was put back, and has been set anew. */
  async function rightDeadline(row: WorkRow): Promise<boolean> {
    const isFailing = row.error_message !== null
    const latest = latestDeadlineOf(row.status, isFailing, clock.now(), deps.limits)
    if (row.deadline_at === null || latest === null) return false
    if (sqlTimeToMs(row.deadline_at) <= latest.getTime()) return false
    // A row that somebody else changed meanwhile is read again as well.
    await updateFacts(db, row, { deadline_at: toSqlTime(latest) })
    return true
  }

  async function turn(work: Work): Promise<Outcome> {
    const row = await findWork(db, work.id)
    if (!row || isTerminal(row.status)) return { kind: 'settled' }
    work.row = row
    if (await rightDeadline(row)) return { kind: 'again' }
    const seen = await observe(row)
    const plan = planSession(seen, clock.now())
    if (plan.length === 0) return { kind: 'settled' }
    const level = work.trigger === 'nudge' ? 'debug' : 'info'
    logger[level](
      {
        ...contextOf(work),
        trigger: work.trigger,
        status: row.status,
        decision: plan.map((action) => action.kind),
      },
      'session.recovery.decision',
    )
    const awaitReady = (slug: string) => waitUntilReady(readiness, slug, work)
    return applyPlan({ ...deps, awaitReady }, row, seen, plan, signal)
  }

  /** Writes down that this has to be tried again, and sees to it that it is. */
  async function comeBack(work: Work, reason: Reason): Promise<void> {
    const { row } = work
    const attempts = Math.max(work.attempts, row?.attempts ?? 0) + 1
    const afterMs = attemptBackoffMs(attempts - 1)
    if (row) {
      const nextAttemptAt = new Date(clock.now().getTime() + afterMs)
      const isNews = row.status !== 'running' && row.error_message === null
      const statusReason = isNews ? reason.text : null
      await recordRetry(db, row, { attempts, nextAttemptAt, statusReason }).catch((error) =>
        logger.warn({ ...contextOf(work), err: error }, 'session.recovery.failure'),
      )
    }
    if (signal.aborted) return
    const { id, trigger } = work
    retries.set(id, { attempts, cancel: later(afterMs, () => start(id, trigger, forgetRetry(id))) })
  }

  async function run(work: Work): Promise<void> {
    for (let turns = 1; !signal.aborted; turns += 1) {
      work.isNudged = false
      const outcome = await turn(work).catch((error): Outcome => {
        logger.error({ ...contextOf(work), err: error }, 'session.recovery.failure')
        return { kind: 'retry', reason: { code: 'internal', text: 'Trying again.' } }
      })
      if (outcome.kind === 'settled') goneSinceMs.delete(work.id)
      if (outcome.kind === 'retry' && !work.isNudged) await comeBack(work, outcome.reason)
      if (outcome.kind !== 'again' && !work.isNudged) break
      if (turns % TURNS_WITHOUT_PAUSE_MAX === 0) await work.sleep(attemptBackoffMs(0))
    }
    // In the same breath as the look at `isNudged`, so that a nudge is either seen there or starts new work.
    working.delete(work.id)
  }

  /** @returns how often the work that is taken up again has failed */
  function forgetRetry(id: string): number {
    const retry = retries.get(id)
    retry?.cancel()
    retries.delete(id)
    return retry?.attempts ?? 0
  }

  function start(id: string, trigger: Trigger, attempts: number): void {
    if (signal.aborted || working.has(id)) return
    const work = createWork(id, trigger, attempts, signal)
    working.set(id, work)
    work.done = run(work)
  }

  signal.addEventListener('abort', () => {
    for (const { cancel } of retries.values()) cancel()
  })

  return {
    nudge(id, trigger) {
      const work = working.get(id)
      forgetRetry(id)
      if (!work) return start(id, trigger, 0)
      work.trigger = trigger
      work.isNudged = true
      work.wake()
    },
    ensure: (id, trigger) => start(id, trigger, forgetRetry(id)),
    resume() {
      for (const id of [...retries.keys()]) start(id, 'poll', forgetRetry(id))
    },
    async idle() {
      while (working.size > 0) await Promise.all([...working.values()].map((work) => work.done))
    },
  }
}

function setTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

function contextOf({ id, row }: Work) {
  return { session_id: id, user_id: row?.user_id, slug: row?.slug, request_id: row?.request_id }
}

type Work = {
  id: string
  trigger: Trigger
  row?: WorkRow
  /** Failures in a row before this work, as memory has it; the row has it too, unless the database was away. */
  attempts: number
  /** Somebody asked for another look since this turn began. */
  isNudged: boolean
  done: Promise<void>
  /** Cuts the pause in progress short. */
  wake(): void
  sleep(ms: number): Promise<void>
  /** Aborts when woken or when all work ends. */
  readonly interrupt: AbortSignal
}

function createWork(id: string, trigger: Trigger, attempts: number, signal: AbortSignal): Work {
  let controller = new AbortController()
  return {
    id,
    trigger,
    attempts,
    isNudged: false,
    done: Promise.resolve(),
    get interrupt() {
      return AbortSignal.any([controller.signal, signal])
    },
    wake() {
      controller.abort()
      controller = new AbortController()
    },
    async sleep(ms) {
      if (this.isNudged || signal.aborted) return
      await sleep(ms, undefined, { signal: this.interrupt }).catch(() => {})
    },
  }
}

async function waitUntilReady(
  readiness: ReadinessProbe,
  slug: string,
  work: Work,
): Promise<boolean> {
  const { interrupt } = work
  const untilMs = performance.now() + READY_SLICE_MS
  while (!work.isNudged && !interrupt.aborted && performance.now() < untilMs) {
    if (await readiness.isReady(slug, interrupt)) return true
    await work.sleep(PROBE_PAUSE_MS)
  }
  return false
}
