import type { IpcEndpoint } from '@medforge/api/ipc/channel.ts'
import { createIpc } from '@medforge/api/ipc/channel.ts'
import { noFailpoint } from '@medforge/api/lib/failpoints.ts'
import type { Logger } from '@medforge/api/lib/logger.ts'
import { createHostChecks, poolCheck } from '@medforge/api/reconciler/host/checks.ts'
import { createHostState } from '@medforge/api/reconciler/host/state.ts'
import {
  createHeartbeatLoop,
  createScanLoop,
  createWatchLoop,
} from '@medforge/api/reconciler/loops.ts'
import { createReconciler } from '@medforge/api/reconciler/reconciler.ts'
import type { SessionRuntime } from '@medforge/api/reconciler/runtime/port.ts'
import type { SessionWorkspaces } from '@medforge/api/reconciler/workspace/port.ts'
import { createChangeFeed } from '@medforge/api/sessions/changes.ts'
import { createSessionService, type SessionService } from '@medforge/api/sessions/service.ts'
import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'

export const ROOT = 'tank/medforge/workspaces'
/** Short, so that histories of a minute pass them. */
export const LIMITS = { startTimeoutMs: 20_000, stopTimeoutMs: 10_000 }
const PARTS = ['docker', 'network', 'image', 'firewall', 'ports', 'gpus'] as const
const SESSIONS = { pollIntervalSeconds: 5, pollBackoffMaxSeconds: 20 }

const quiet = () => {}
/** Nobody reads it: a failure is replayed with its trace. */
const logger = {
  ...{ trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet },
  child: () => logger,
} as unknown as Logger

type Parts = { db: Kysely<DB>; clock: { now(): Date }; endpoint: IpcEndpoint }

/** What the server does about sessions. */
export function startServer({ db, clock, endpoint }: Parts): SessionService {
  const ipc = createIpc(endpoint)
  const changes = createChangeFeed()
  ipc.onChanged(changes.notify)
  return createSessionService({
    ...{ db, clock, logger, ipc, changes, failpoint: noFailpoint },
    // No edge asks here who may enter.
    memory: { changing: (work) => work() },
    findOutageCause: async () => undefined,
    config: {
      domain: 'medforge.test',
      workspaceRoot: ROOT,
      limits: LIMITS,
      launches: { perHour: 1_000, personQuotaGb: null, workspaceQuotaGb: null },
    },
  })
}

/** What the reconciler does while it leads, but for logins and the firewall. */
export function startReconciler(
  parts: Parts & {
    runtime: SessionRuntime
    workspaces: SessionWorkspaces
    isReady(slug: string): Promise<boolean>
    signal: AbortSignal
  },
): void {
  const { db, clock, endpoint, runtime, workspaces, isReady, signal } = parts
  const ipc = createIpc(endpoint)
  const host = createHostState()
  for (const part of PARTS) host.set(part, null)
  const reconciler = createReconciler({
    ...{ db, clock, logger, runtime, workspaces, host, limits: LIMITS, signal },
    readiness: { isReady },
    recoveryEnabled: true,
    assertGpuFit: async () => {},
    failpoint: noFailpoint,
    notifyChanged: ipc.changed,
  })
  const config = { sessions: SESSIONS } as Parameters<typeof createScanLoop>[0]['config']
  const deps = { logger, config, signal }
  const checks = createHostChecks({ checks: [poolCheck(workspaces)], host, logger })
  const scans = createScanLoop(deps, { reconciler, checks })
  const heartbeats = createHeartbeatLoop(deps, { db, clock, host, onRecovery: scans.nudge })
  const watch = createWatchLoop(deps, { runtime, reconciler })
  host.onChange(() => {
    heartbeats.nudge()
    if (host.startBlocker() === null) reconciler.queue.promoteDelayed('poll')
  })
  ipc.onNudge((sessionId) => reconciler.queue.add(sessionId, 'nudge'))
  for (const loop of [scans, heartbeats, watch]) void loop.run()
}
