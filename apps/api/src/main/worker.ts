import { hostname } from 'node:os'
import { newId } from '@medforge/core'
import { createDatabase, PATIENT_QUERY_LIMIT_MS } from '@medforge/db'
import { parseWorkerConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { systemClock } from '../lib/clock.ts'
import { createFailpoint } from '../lib/failpoints.ts'
import { createLogger } from '../lib/logger.ts'
import { shutdownSignal } from '../lib/shutdown.ts'
import {
  createBoardThread,
  createScoringWorker,
  createThreadScorer,
  runBoardFill,
  runBoardRepair,
  runWantedRescores,
} from '../scoring/index.ts'
import { runMain } from './run.ts'
import { waitForDatabase } from './wait-for-database.ts'

// Scoring a file takes milliseconds, and the host's cores belong to sessions.
const SCORERS = 2
// One for each scorer, one for its heartbeat, one for the queue.
const POOL_SIZE = 5

await runMain(async () => {
  const { config, secrets } = parseWorkerConfig(readEnv())
  const logger = createLogger('worker', config.logLevel)
  const signal = shutdownSignal(logger)
  await using db = createDatabase(secrets.databaseUrl, { poolSize: POOL_SIZE })
  // All of a board's scores are read at once, which takes longer than anything that a person waits for.
  await using patientDb = createDatabase(secrets.databaseUrl, {
    poolSize: 1,
    queryLimitMs: PATIENT_QUERY_LIMIT_MS,
  })

  await waitForDatabase(db, logger, signal)
  if (signal.aborted) return
  const folders = {
    installedRoot: config.competitionsPublicDir,
    hiddenRoot: config.competitionsDataDir,
    submissionsDir: config.submissionsDir,
    failpoints: config.failpoints,
  }
  const worker = createScoringWorker({
    db,
    clock: systemClock,
    logger,
    name: `${hostname()}-${newId().slice(0, 8)}`,
    scorers: Array.from({ length: SCORERS }, () => createThreadScorer(folders)),
    failpoint: createFailpoint(config.failpoints),
  })
  logger.info({ scorers: SCORERS, uid: process.getuid?.() }, 'worker.ready')
  const computer = createBoardThread(folders)
  const filling = { db: patientDb, clock: systemClock, logger, computer, idle: worker.idle }
  await Promise.all([
    worker.run(signal),
    runBoardRepair({ db: patientDb, logger }, signal),
    runWantedRescores({ db: patientDb, clock: systemClock, logger }, signal),
    runBoardFill(filling, signal),
  ])
})
