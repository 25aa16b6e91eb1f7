import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { ReconcilerConfig } from '../config/config.ts'
import { createIpc, type IpcEndpoint } from '../ipc/channel.ts'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import { createAccessSweep } from './access-sweep.ts'
import type { AssertFit } from './gpus/check.ts'
import { createHostChecks, type HostCheck } from './host/checks.ts'
import { createHostState } from './host/state.ts'
import { whileLeading } from './leadership.ts'
import {
  createAccessSweepLoop,
  createHeartbeatLoop,
  createRevocationLoop,
  createScanLoop,
  createWatchLoop,
} from './loops.ts'
import type { EdgeFlows } from './network/flows.ts'
import { createReconciler } from './reconciler.ts'
import { createRevocations } from './revocations.ts'
import type { SessionRuntime } from './runtime/port.ts'
import type { ReadinessProbe } from './runtime/readiness.ts'
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
  failpoint: Failpoint
}

/** The ports to the host. */
export type ReconcilerHost = {
  runtime: SessionRuntime
  workspaces: SessionWorkspaces
  readiness: ReadinessProbe
  flows: EdgeFlows
  checks: readonly HostCheck[]
  /** Asked before a session's container is started. */
  assertGpuFit: AssertFit
  /** Removes what a reconciler leaves on the host besides sessions: when it starts, as the one before may have been killed, and when it ends. */
  removeLeftovers(signal: AbortSignal): Promise<void>
}

// A Docker that is away must not hold up the end of this process.
const CLEANUP_LIMIT_MS = 3_000

/** The whole reconciler, while it leads. Resolves once `signal` has aborted and its work has ended. */
export async function runReconciler(options: ReconcilerProcess): Promise<void> {
  const { db, logger, signal } = options
  await whileLeading({ db, logger, signal, lead: (lead) => runLoops(options, lead) })
}

async function runLoops(options: ReconcilerProcess, signal: AbortSignal): Promise<void> {
  const { db, clock, logger, config, failpoint } = options
  const { runtime, workspaces, readiness, assertGpuFit, flows, removeLeftovers } = options.host
  const { recoveryEnabled, startTimeoutSeconds, stopTimeoutSeconds } = config.sessions
  const ipc = createIpc(options.endpoint)
  const host = createHostState()
  const checks = createHostChecks({ checks: options.host.checks, host, logger })
  const reconciler = createReconciler({
    ...{ db, clock, logger, runtime, workspaces, readiness, assertGpuFit, host, failpoint },
    limits: {
      startTimeoutMs: startTimeoutSeconds * 1000,
      stopTimeoutMs: stopTimeoutSeconds * 1000,
    },
    ...{ recoveryEnabled, notifyChanged: ipc.changed, signal },
  })

  const deps = { logger, config, signal }
  const scans = createScanLoop(deps, { reconciler, checks })
  const heartbeats = createHeartbeatLoop(deps, {
    ...{ db, clock, host },
    // The database is back: the next scan need not wait for the end of its back-off.
    onRecovery: scans.nudge,
  })
  const watch = createWatchLoop(deps, { runtime, reconciler })
  const revocations = createRevocations({
    ...{ db, clock, logger, host, flows },
    flush: ipc.flush,
    idleTtlSeconds: config.loginIdleTtlSeconds,
  })
  const socketCuts = createRevocationLoop(deps, revocations)
  const accessSweeps = createAccessSweepLoop(deps, createAccessSweep({ db, clock, flows }))

  host.onChange(() => {
    heartbeats.nudge()
    // A launch that was found before the host was checked need not wait for its retry.
    if (host.startBlocker() === null) reconciler.queue.promoteDelayed('poll')
  })
  const unsubscribe = ipc.onNudge((sessionId) => reconciler.queue.add(sessionId, 'nudge'))
  logger.info({ recovery_enabled: recoveryEnabled }, 'reconciler.started')
  await removeLeftovers(signal).catch(() => {})
  const loops = [scans, heartbeats, socketCuts, accessSweeps, ...(recoveryEnabled ? [watch] : [])]
  await Promise.all(loops.map((loop) => loop.run()))
  unsubscribe()
  await Promise.all([reconciler.idle(), checks.idle()])
  await removeLeftovers(AbortSignal.timeout(CLEANUP_LIMIT_MS)).catch(() => {})
  logger.info('reconciler.stopped')
}
