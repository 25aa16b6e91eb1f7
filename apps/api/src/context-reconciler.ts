import { createDatabase } from '@medforge/db'
import type { ReconcilerConfig, Secrets } from './config/config.ts'
import type { IpcEndpoint } from './ipc/channel.ts'
import { systemClock } from './lib/clock.ts'
import { createFailpoint } from './lib/failpoints.ts'
import type { Logger } from './lib/logger.ts'
import { createDocker, createReconcilerHost, type ReconcilerProcess } from './reconciler/index.ts'
import { createDockerRuntime } from './reconciler/runtime/docker.ts'
import { createZfsWorkspaces } from './reconciler/workspace/zfs.ts'

export type ReconcilerContextOptions = {
  config: ReconcilerConfig
  secrets: Secrets
  logger: Logger
  /** This process's end of the channel to the server. */
  endpoint: IpcEndpoint
  signal: AbortSignal
}

// One for the lead, one for each session at work (seven GPUs), and some for the passes.
const POOL_SIZE = 16
const GIB = 1024 ** 3

/** The reconciler's composition root. Opens nothing by itself: the first query and the first call to Docker do. */
export function openReconcilerContext(
  options: ReconcilerContextOptions,
): ReconcilerProcess & AsyncDisposable {
  const { config, secrets, logger, endpoint, signal } = options
  const clock = systemClock
  const db = createDatabase(secrets.databaseUrl, { poolSize: POOL_SIZE })
  const docker = createDocker()
  const failpoint = createFailpoint(config.failpoints)
  const { sessions, sessionsNetwork: network, limits, workspaceQuotaGb } = config
  const runtime = createDockerRuntime({
    docker,
    network,
    gpuMode: sessions.gpuMode,
    limits,
    failpoint,
  })
  const workspaces = createZfsWorkspaces({
    root: sessions.workspaceZfsRoot,
    quotaBytes: workspaceQuotaGb === null ? null : workspaceQuotaGb * GIB,
    failpoint,
  })
  const host = createReconcilerHost({ db, clock, logger, config, docker, runtime, workspaces })
  return {
    db,
    clock,
    logger,
    config,
    endpoint,
    signal,
    host,
    failpoint,
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}
