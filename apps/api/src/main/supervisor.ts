import { fileURLToPath } from 'node:url'
import { readProcessEnv } from '../config/env.ts'
import { createLogger } from '../lib/logger.ts'
import { shutdownSignal } from '../lib/shutdown.ts'
import { supervise } from './supervise.ts'

/**
 * The first process of the API container: starts the server (without root, and without anything that it has no use for) and the
 * reconciler (with root), keeps both running and passes their messages on. Holds no state: killed, its children end too, and a new
 * one starts from the database. Children of children are reaped by the container's init process, not here.
 */

/** The image names it medforge-server. Never 1000, which owns every workspace. */
const SERVER_USER = { uid: 10_001, gid: 10_001 }
// Less than the container's own grace period of 30 s.
const GRACE_MS = 20_000

const logger = createLogger('supervisor', 'info')
const signal = shutdownSignal(logger)
const isRoot = process.getuid?.() === 0
if (!isRoot) logger.warn('supervisor.not_root: the server keeps this user; for development only')

await supervise({
  env: readProcessEnv(),
  logger,
  signal,
  scripts: {
    server: fileURLToPath(new URL('server.ts', import.meta.url)),
    reconciler: fileURLToPath(new URL('reconciler.ts', import.meta.url)),
  },
  serverUser: isRoot ? SERVER_USER : null,
  graceMs: GRACE_MS,
})
logger.info('supervisor.stopped')
