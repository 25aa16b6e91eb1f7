import { createDatabase, type DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { ServerConfig, ServerSecrets } from './config/config.ts'
import { createGuards, type RouteGuards } from './http/guards.ts'
import { hostsOf } from './http/hosts.ts'
import { createPagination, type Pagination } from './http/pagination.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { HTTP_TIMEOUTS, type HttpTimeouts } from './http/server.ts'
import { createIdentity, type Identity } from './identity/index.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import type { Logger } from './lib/logger.ts'
import type { PlatformDeps } from './platform/index.ts'
import { readHealthInTime, readOccupancy } from './platform/index.ts'

/** Everything that the server is built from. A domain gets just what it needs as arguments, never this whole. */
export type ServerContext = AsyncDisposable & {
  config: ServerConfig
  timeouts: HttpTimeouts
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  guards: RouteGuards
  pagination: Pagination
  identity: Identity
  platform: PlatformDeps
  /** Aborts when the process is asked to end. */
  signal: AbortSignal
}

export type ServerContextOptions = {
  config: ServerConfig
  secrets: ServerSecrets
  logger: Logger
  signal: AbortSignal
  /** Replacements for tests. */
  overrides?: { clock?: Clock; monotonicMs?: () => number; timeouts?: Partial<HttpTimeouts> }
}

const POOL_SIZE = 16

/** The server's composition root. Opens nothing by itself: the first query opens the first connection. */
export function openServerContext(options: ServerContextOptions): ServerContext {
  const { config, secrets, logger, signal, overrides = {} } = options
  const clock = overrides.clock ?? systemClock
  const db = createDatabase(secrets.databaseUrl, { poolSize: POOL_SIZE })
  const identity = createIdentity({
    db,
    clock,
    logger,
    config: {
      auth: config.auth,
      cookieDomain: config.cookieDomain,
      sessionSecret: secrets.sessionSecret,
    },
    countActiveSessions: async () => 0,
  })
  const { max, windowSeconds } = config.auth.rateLimit
  const guards = createGuards({
    webHost: hostsOf(config.domain).web,
    rateLimiter: createRateLimiter(
      { max, windowMs: windowSeconds * 1000 },
      overrides.monotonicMs ?? (() => performance.now()),
    ),
    authenticateCookie: identity.authenticateCookie,
  })

  return {
    config,
    timeouts: { ...HTTP_TIMEOUTS, ...overrides.timeouts },
    db,
    clock,
    logger,
    guards,
    pagination: createPagination(secrets.sessionSecret),
    identity,
    platform: {
      gpuMode: config.sessions.gpuMode,
      readHealth: () => readHealthInTime(async () => ({ status: 'ok' }), logger),
      readOccupancy: () => readOccupancy(db),
    },
    signal,
    async [Symbol.asyncDispose]() {
      await identity.settled()
      await db.destroy()
    },
  }
}
