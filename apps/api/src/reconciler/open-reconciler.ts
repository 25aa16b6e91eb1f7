import { HEARTBEAT_INTERVAL_MS, writeHeartbeat } from '@medforge/core'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { ReconcilerConfig } from '../config/config.ts'
import { createIpc, type IpcEndpoint } from '../ipc/channel.ts'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import { createLoop } from '../lib/loop.ts'
import { createDriver } from './driver.ts'
import type { AssertFit } from './gpus/check.ts'
import { createHostChecks, type HostCheck } from './host-checks.ts'
import { createHostState } from './host-state.ts'
import { whileLeading } from './leadership.ts'
import type { SessionFlows } from './network/flows.ts'
import type { ReadinessProbe } from './readiness.ts'
import { createReconciler } from './reconciler.ts'
import { createRevocations } from './revocations.ts'
import type { SessionRuntime } from './runtime/port.ts'
import type { SessionWorkspaces } from './workspace/port.ts'

export type ReconcilerProcess = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  config: ReconcilerConfig
  /** This process's end of the channel to the server. */
  endpoint: IpcEndpoint
  signal: AbortSignal
  host: ReconcilerHost
  failpoint?: Failpoint
}

/** The doors to the host. */
export type ReconcilerHost = {
  runtime: SessionRuntime
  workspaces: SessionWorkspaces
  readiness: ReadinessProbe
  flows: SessionFlows
  checks: readonly HostCheck[]
  /** Before a session's container is started; without it every GPU that is handed out is fit. */
  assertGpuFit?: AssertFit
  /** What a reconciler leaves on the host, besides sessions: done when it starts, as the one before may have been killed, and when it ends. */
  removeLeftovers(signal: AbortSignal): Promise<void>
}

const WATCH_RETRY_MS = 1_000
// With the helper's half second, well inside the ten seconds in which an open socket ends after its login.
const REVOCATIONS_INTERVAL_MS = 2_000

// A Docker that is away must not hold up the end of this process.
const FAREWELL_LIMIT_MS = 3_000

/** The whole reconciler, while it leads. Resolves once `signal` has aborted and its work has ended. */
export async function openReconciler(options: ReconcilerProcess): Promise<void> {
  const { db, logger, signal } = options
  await whileLeading({ db, logger, signal, lead: (lead) => runReconciler(options, lead) })
}

async function runReconciler(options: ReconcilerProcess, signal: AbortSignal): Promise<void> {
  const { db, clock, logger, config } = options
  const { runtime, workspaces, readiness } = options.host
  const { pollIntervalSeconds, pollBackoffMaxSeconds, recoveryEnabled } = config.sessions
  const limits = {
    startTimeoutMs: config.sessions.startTimeoutSeconds * 1000,
    stopTimeoutMs: config.sessions.stopTimeoutSeconds * 1000,
  }
  const ipc = createIpc(options.endpoint)
  const host = createHostState()
  const checks = createHostChecks({ checks: options.host.checks, host, logger })
  const { changed } = ipc
  const whyClosed = host.whyClosed
  const driver = createDriver({
    db,
    clock,
    logger,
    runtime,
    workspaces,
    readiness,
    limits,
    whyClosed,
    changed,
    signal,
    ...(options.failpoint ? { failpoint: options.failpoint } : {}),
    ...(options.host.assertGpuFit ? { assertGpuFit: options.host.assertGpuFit } : {}),
  })
  const reconciler = createReconciler({ db, clock, logger, runtime, driver, host })
  let isFirst = true

  const passes = createLoop({
    intervalMs: pollIntervalSeconds * 1000,
    backoffMaxMs: pollBackoffMaxSeconds * 1000,
    signal,
    async runOnce() {
      checks.runDue(signal)
      if (recoveryEnabled) await reconciler.scan(isFirst ? 'boot' : 'poll', signal)
      else await reconciler.takeUpWishes(signal)
      isFirst = false
    },
    onFailure: (error, retryInMs) =>
      logger.error({ err: error, retry_in_ms: retryInMs }, 'session.poll.failed'),
  })

  let isBeating = true
  const heartbeats = createLoop({
    intervalMs: Math.min(pollIntervalSeconds * 1000, HEARTBEAT_INTERVAL_MS),
    backoffMaxMs: HEARTBEAT_INTERVAL_MS,
    signal,
    async runOnce() {
      await writeHeartbeat(db, clock, host.report())
      // The database is back: the pass need not sit out the rest of its backoff.
      if (!isBeating) passes.nudge()
      isBeating = true
    },
    onFailure(error) {
      if (isBeating) logger.error({ err: error }, 'session.heartbeat.failed')
      isBeating = false
    },
  })

  const watch = createLoop({
    intervalMs: WATCH_RETRY_MS,
    backoffMaxMs: 30 * WATCH_RETRY_MS,
    signal,
    runOnce: () => runtime.watch((sessionId) => driver.nudge(sessionId, 'watch'), signal),
    onFailure() {},
  })

  const revocations = createRevocations({
    ...{ db, clock, logger, host },
    flows: options.host.flows,
    idleTtlSeconds: config.loginIdleTtlSeconds,
  })
  const cutting = createLoop({
    intervalMs: REVOCATIONS_INTERVAL_MS,
    backoffMaxMs: REVOCATIONS_INTERVAL_MS,
    signal,
    runOnce: () => revocations.runOnce(signal),
    onFailure: (error) => logger.error({ err: error }, 'session.sockets.not_cut'),
  })

  host.onChange(() => {
    heartbeats.nudge()
    // A launch that was found before the host was checked need not sit out its pause.
    if (host.whyClosed() === null) driver.resume()
  })
  const unsubscribe = ipc.onNudge((sessionId) => driver.nudge(sessionId, 'nudge'))
  logger.info({ recovery_enabled: recoveryEnabled }, 'reconciler.started')
  await options.host.removeLeftovers(signal).catch(() => {})
  const loops = [
    passes.run(),
    heartbeats.run(),
    cutting.run(),
    ...(recoveryEnabled ? [watch.run()] : []),
  ]
  await Promise.all(loops)
  unsubscribe()
  await Promise.all([driver.idle(), checks.idle()])
  await options.host.removeLeftovers(AbortSignal.timeout(FAREWELL_LIMIT_MS)).catch(() => {})
  logger.info('reconciler.stopped')
}
