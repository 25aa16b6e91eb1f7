import { HEARTBEAT_INTERVAL_MS, writeHeartbeat } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { ReconcilerConfig } from '../config/config.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop, type Loop } from '../lib/loop.ts'
import type { AccessSweep } from './access-sweep.ts'
import type { HostChecks } from './host/checks.ts'
import type { HostState } from './host/state.ts'
import type { Trigger } from './reconcile-session.ts'
import type { Reconciler } from './reconciler.ts'
import type { Revocations } from './revocations.ts'
import type { SessionRuntime } from './runtime/port.ts'

type LoopDeps = { logger: Logger; config: ReconcilerConfig; signal: AbortSignal }

/** Starts the host checks that are due and scans the sessions. */
export function createScanLoop(
  { logger, config, signal }: LoopDeps,
  { reconciler, checks }: { reconciler: Reconciler; checks: HostChecks },
): Loop {
  const { pollIntervalSeconds, pollBackoffMaxSeconds } = config.sessions
  let trigger: Trigger = 'boot'
  return createLoop({
    intervalMs: pollIntervalSeconds * 1000,
    backoffMaxMs: pollBackoffMaxSeconds * 1000,
    signal,
    async runOnce() {
      checks.runDue(signal)
      await reconciler.scan(trigger)
      trigger = 'poll'
    },
    onFailure: (error, retryInMs) =>
      logger.error({ err: error, retry_in_ms: retryInMs }, 'session.poll.failed'),
  })
}

/** Publishes that this process lives, and what it knows of its host. */
export function createHeartbeatLoop(
  { logger, config, signal }: LoopDeps,
  {
    db,
    clock,
    host,
    onRecovery,
  }: {
    db: Kysely<DB>
    clock: Clock
    host: HostState
    /** Called at the first heartbeat that is written after one that could not be. */
    onRecovery(): void
  },
): Loop {
  let isFailing = false
  return createLoop({
    intervalMs: Math.min(config.sessions.pollIntervalSeconds * 1000, HEARTBEAT_INTERVAL_MS),
    backoffMaxMs: HEARTBEAT_INTERVAL_MS,
    signal,
    async runOnce() {
      await writeHeartbeat(db, clock, host.report())
      if (isFailing) onRecovery()
      isFailing = false
    },
    onFailure(error) {
      if (!isFailing) logger.error({ err: error }, 'session.heartbeat.failed')
      isFailing = true
    },
  })
}

const WATCH_RETRY_MS = 1_000

/** Keeps the stream of Docker's events open, which announces containers that end. */
export function createWatchLoop(
  { signal }: LoopDeps,
  { runtime, reconciler }: { runtime: SessionRuntime; reconciler: Reconciler },
): Loop {
  const { queue } = reconciler
  return createLoop({
    intervalMs: WATCH_RETRY_MS,
    backoffMaxMs: 30 * WATCH_RETRY_MS,
    signal,
    runOnce: () => runtime.watch((sessionId) => queue.add(sessionId, 'watch'), signal),
    onFailure() {},
  })
}

// With the helper's half second, well inside the ten seconds in which an open socket ends after its login.
const REVOCATIONS_INTERVAL_MS = 2_000

/** Ends the connections of logins that ended. */
export function createRevocationLoop({ logger, signal }: LoopDeps, revocations: Revocations): Loop {
  return createLoop({
    intervalMs: REVOCATIONS_INTERVAL_MS,
    backoffMaxMs: REVOCATIONS_INTERVAL_MS,
    signal,
    runOnce: () => revocations.runOnce(signal),
    onFailure: (error) => logger.error({ err: error }, 'session.sockets.not_cut'),
  })
}

const SWEEP_INTERVAL_MS = 60_000

/** Deletes the rows of connections that are closed. */
export function createAccessSweepLoop({ logger, signal }: LoopDeps, sweep: AccessSweep): Loop {
  return createLoop({
    intervalMs: SWEEP_INTERVAL_MS,
    backoffMaxMs: SWEEP_INTERVAL_MS,
    signal,
    runOnce: () => sweep.runIfDue(signal),
    onFailure: (error) => logger.warn({ err: error }, 'session.accesses.not_swept'),
  })
}
