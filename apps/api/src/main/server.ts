import { buildApp } from '../app.ts'
import { parseServerConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { openServerContext } from '../context.ts'
import { createLogger } from '../lib/logger.ts'
import { shutdownSignal, untilAborted } from '../lib/shutdown.ts'
import { runMain } from './run.ts'
import { waitForDatabase } from './wait-for-database.ts'

await runMain(async () => {
  const { config, secrets } = parseServerConfig(readEnv())
  const logger = createLogger('server', config.logLevel)
  const signal = shutdownSignal(logger)
  await using context = openServerContext({ config, secrets, logger, signal })

  await waitForDatabase(context.db, logger, signal)
  if (signal.aborted) return
  await using app = await buildApp(context)
  await app.listen({ host: '0.0.0.0', port: config.port })
  logger.info({ port: config.port, uid: process.getuid?.() }, 'server.listening')
  await untilAborted(signal)
})
