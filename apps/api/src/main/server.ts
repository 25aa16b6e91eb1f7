import { buildApp, buildWaitingApp } from '../app.ts'
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

  const address = { host: '0.0.0.0', port: config.port }

  const waiting = await buildWaitingApp(context)
  await waiting.listen(address)
  await waitForDatabase(context.db, logger, signal)
  // Built while the other still answers, so that nobody is refused for long.
  await using app = await buildApp(context)
  await waiting.close()
  if (signal.aborted) return
  await app.listen(address)
  logger.info({ port: config.port, uid: process.getuid?.() }, 'server.listening')
  await untilAborted(signal)
})
