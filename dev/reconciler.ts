import { parseReconcilerConfig } from '@medforge/api/config/config.ts'
import { readEnv } from '@medforge/api/config/env.ts'
import { parentChannel } from '@medforge/api/ipc/parent-channel.ts'
import { systemClock } from '@medforge/api/lib/clock.ts'
import { noFailpoint } from '@medforge/api/lib/failpoints.ts'
import { createLogger } from '@medforge/api/lib/logger.ts'
import { shutdownSignal } from '@medforge/api/lib/shutdown.ts'
import { runMain } from '@medforge/api/main/run.ts'
import { runReconciler } from '@medforge/api/reconciler/index.ts'
import { createDatabase } from '@medforge/db'
import { openFakeHost } from './fake-host.ts'

// The reconciler as it is, on containers and workspaces in memory.
await runMain(async () => {
  const { config, secrets } = parseReconcilerConfig(readEnv())
  const logger = createLogger('reconciler', config.logLevel)
  const signal = shutdownSignal(logger)
  await using db = createDatabase(secrets.databaseUrl, { poolSize: 8 })
  const host = await openFakeHost(db, config.sessions.workspaceZfsRoot, signal)
  await runReconciler({
    db,
    clock: systemClock,
    logger,
    config,
    endpoint: parentChannel,
    signal,
    host,
    failpoint: noFailpoint,
  })
})
