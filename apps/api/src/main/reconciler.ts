import { parseReconcilerConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { openReconcilerContext } from '../context-reconciler.ts'
import { parentChannel } from '../ipc/parent-channel.ts'
import { createLogger } from '../lib/logger.ts'
import { shutdownSignal } from '../lib/shutdown.ts'
import { runReconciler } from '../reconciler/index.ts'
import { runMain } from './run.ts'
import { waitForDatabase } from './wait-for-database.ts'

await runMain(async () => {
  const { config, secrets } = parseReconcilerConfig(readEnv())
  const logger = createLogger('reconciler', config.logLevel)
  const signal = shutdownSignal(logger)
  await using context = openReconcilerContext({
    config,
    secrets,
    logger,
    endpoint: parentChannel,
    signal,
  })

  await waitForDatabase(context.db, logger, signal)
  await runReconciler(context)
})
