import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { ReconcilerConfig } from '../config/config.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { Docker } from './docker/client.ts'
import { removeLeftHelpers } from './docker/helper.ts'
import { createGpuWatch } from './gpus/check.ts'
import { createSmiHelper, isSmiHelper } from './gpus/helper.ts'
import { createNvidiaInventory } from './gpus/nvidia.ts'
import { firewallCheck, imageCheck, networkCheck, poolCheck, portsCheck } from './host-checks.ts'
import { createFirewall } from './network/firewall.ts'
import { createSessionFlows } from './network/flows.ts'
import { createPortGuard } from './network/ports.ts'
import type { ReconcilerHost } from './open-reconciler.ts'
import { createCaddyProbe, whenIsolated } from './readiness.ts'
import type { SessionRuntime } from './runtime/port.ts'
import type { SessionWorkspaces } from './workspace/port.ts'

export type HostDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  config: ReconcilerConfig
  docker: Docker
  runtime: SessionRuntime
  workspaces: SessionWorkspaces
}

/** What the reconciler needs of its host besides containers and workspaces: the firewall, the GPUs, the way to a session's first answer. */
export function createReconcilerHost(deps: HostDeps): ReconcilerHost {
  const { db, clock, logger, config, docker, runtime, workspaces } = deps
  const { sessions, sessionsNetwork: network, helperImage, probeUrl } = config
  const firewall = createFirewall({ docker, helperImage, network })
  const ports = createPortGuard({ docker, helperImage, network })
  const inventory = createNvidiaInventory(createSmiHelper({ docker, helperImage }))
  const gpus = createGpuWatch({ db, clock, mode: sessions.gpuMode, inventory, logger })
  return {
    runtime,
    workspaces,
    readiness: whenIsolated(createCaddyProbe(probeUrl), ports),
    flows: createSessionFlows({ docker, helperImage, network }),
    checks: [
      poolCheck(workspaces),
      networkCheck(firewall),
      portsCheck(ports),
      imageCheck(docker, sessions.packImage),
      firewallCheck(firewall, logger),
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
