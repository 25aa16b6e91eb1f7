import { createDatabase } from '@medforge/db'
import type { ReconcilerConfig, Secrets } from './config/config.ts'
import type { IpcEndpoint } from './ipc/channel.ts'
import { systemClock } from './lib/clock.ts'
import { createFailpoint } from './lib/failpoints.ts'
import type { Logger } from './lib/logger.ts'
import {
  connectionsCheck,
  createCaddyProbe,
  createDocker,
  createEdgeFlows,
  createFirewall,
  createGpuWatch,
  createNvidiaInventory,
  createPortGuard,
  createSmiHelper,
  firewallCheck,
  imageCheck,
  isSmiHelper,
  networkCheck,
  poolCheck,
  portsCheck,
  type ReconcilerHost,
  type ReconcilerProcess,
  removeLeftHelpers,
  whenIsolated,
} from './reconciler/index.ts'
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

// One for the lead, one for each session at work (seven GPUs), and some for the scans.
const POOL_SIZE = 16

/** The reconciler's composition root. Opens nothing by itself: the first query and the first call to Docker do. */
export function openReconcilerContext(
  options: ReconcilerContextOptions,
): ReconcilerProcess & AsyncDisposable {
  const { config, secrets, logger, endpoint, signal } = options
  const db = createDatabase(secrets.databaseUrl, { poolSize: POOL_SIZE })
  const common = { db, clock: systemClock, logger, config }
  const failpoint = createFailpoint(config.failpoints)
  return {
    ...common,
    endpoint,
    signal,
    host: createHost({ ...common, failpoint }),
    failpoint,
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

type HostDeps = Pick<ReconcilerProcess, 'db' | 'clock' | 'logger' | 'config' | 'failpoint'>

/** Docker, ZFS, nvidia-smi, the firewall and the edge of this host, behind the reconciler's ports. */
function createHost({ db, clock, logger, config, failpoint }: HostDeps): ReconcilerHost {
  const { sessions, sessionsNetwork: network, limits, helperImage } = config
  const { gpuMode, workspaceZfsRoot: root, packImage } = sessions
  const docker = createDocker()
  const runtime = createDockerRuntime({ docker, network, gpuMode, limits, failpoint })
  const workspaces = createZfsWorkspaces({ root, failpoint })
  const firewall = createFirewall({ docker, helperImage, network })
  const ports = createPortGuard({ docker, helperImage, network })
  const inventory = createNvidiaInventory(createSmiHelper({ docker, helperImage }))
  const gpus = createGpuWatch({ db, clock, mode: gpuMode, inventory, logger })
  return {
    runtime,
    workspaces,
    readiness: whenIsolated(createCaddyProbe(config.probeUrl), ports),
    flows: createEdgeFlows({ docker, helperImage, network }),
    checks: [
      poolCheck(workspaces),
      networkCheck(firewall),
      portsCheck(ports),
      imageCheck(docker, packImage),
      firewallCheck(firewall, logger),
      connectionsCheck(firewall),
      gpus.check,
    ],
    assertGpuFit: gpus.assertFit,
    async removeLeftovers(signal) {
      // Nobody waits for one that hangs with its device.
      removeLeftHelpers(docker, signal, isSmiHelper).catch(() => {})
      await removeLeftHelpers(docker, signal, (purpose) => !isSmiHelper(purpose))
    },
  }
}
