import { createPoolFiles, POOL_FILES_SILENT, type PoolFiles } from '@medforge/core/pool-files'
import { createDatabase, type DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import { longestUploadMs } from './competitions/index.ts'
import type { ServerConfig, ServerSecrets } from './config/config.ts'
import { createGuards, type RouteGuards } from './http/guards.ts'
import { hostsOf } from './http/hosts.ts'
import { createPagination, type Pagination } from './http/pagination.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import { HTTP_TIMEOUTS, type HttpTimeouts } from './http/server.ts'
import { createIdentity, type Identity, type IdentityDeps } from './identity/index.ts'
import type { IpcEndpoint } from './ipc/channel.ts'
import { parentChannel } from './ipc/parent-channel.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createFailpoint, type Failpoint } from './lib/failpoints.ts'
import type { Logger } from './lib/logger.ts'
import {
  createHealthReader,
  createPlatformService,
  type PlatformService,
} from './platform/index.ts'
import {
  type AccessMemory,
  countActive,
  createAccessMemory,
  openSessions,
  readAccess,
  readAccessEpoch,
  type Sessions,
  type SetTimer,
} from './sessions/index.ts'

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
  sessions: Sessions
  memory: AccessMemory
  platform: PlatformService
  failpoint: Failpoint
  /** What is behind a host or a database that does not answer, as a sentence, where it is known. Never rejects. */
  findOutageCause: () => Promise<string | undefined>
  /** Aborts when the process is asked to end. */
  signal: AbortSignal
}

export type ServerContextOptions = {
  config: ServerConfig
  secrets: ServerSecrets
  logger: Logger
  signal: AbortSignal
  /** Replacements for tests. */
  overrides?: {
    clock?: Clock
    monotonicMs?: () => number
    /** When what is known of accesses is read again. */
    setTimer?: SetTimer
    timeouts?: Partial<HttpTimeouts>
    /** This process's end of the channel to the reconciler. */
    endpoint?: IpcEndpoint
    hashing?: IdentityDeps['hashing']
    askPoolFiles?: () => Promise<PoolFiles>
  }
}

const POOL_SIZE = 16
/** Log-ins that work behind one address, a class's, are this many times the attempts that an address has. */
const LOGINS_AN_ATTEMPT = 20
// Asked only where the database does not answer, while somebody waits for a refusal.
const POOL_FILES_LIMIT_MS = 1_500

/** The server's composition root. Opens nothing by itself: the first query opens the first connection. */
export function openServerContext(options: ServerContextOptions): ServerContext {
  const { config, secrets, logger, signal, overrides = {} } = options
  const clock = overrides.clock ?? systemClock
  const db = createDatabase(secrets.databaseUrl, { poolSize: POOL_SIZE })
  const monotonicMs = overrides.monotonicMs ?? (() => performance.now())
  const memory = createAccessMemory({
    readAccess: (questions) => readAccess(db, questions),
    readEpoch: () => readAccessEpoch(db),
    monotonicMs,
    ...(overrides.setTimer ? { setTimer: overrides.setTimer } : {}),
  })
  const identity = createIdentity({
    db,
    clock,
    monotonicMs,
    logger,
    config: {
      auth: config.auth,
      cookieDomain: config.cookieDomain,
      sessionSecret: secrets.sessionSecret,
    },
    countActiveSessions: (userId) => countActive(db, userId),
    changingAccess: memory.changing,
    ...(overrides.hashing ? { hashing: overrides.hashing } : {}),
  })
  const { max, windowSeconds } = config.auth.rateLimit
  const limit = { max, windowMs: windowSeconds * 1000 }
  const guards = createGuards({
    webHost: hostsOf(config.domain).web,
    rateLimiter: createRateLimiter(limit, monotonicMs),
    successLimiters: {
      account: createRateLimiter(limit, monotonicMs),
      address: createRateLimiter({ ...limit, max: max * LOGINS_AN_ATTEMPT }, monotonicMs),
    },
    onAuthRefused: identity.noteRefused,
    authenticateRequest: identity.authenticateRequest,
    findTokenOwner: identity.findTokenOwner,
  })

  const poolPaths = [`/${config.sessions.workspaceZfsRoot}`]
  const askPoolFiles =
    overrides.askPoolFiles ?? createPoolFiles(poolPaths, { limitMs: POOL_FILES_LIMIT_MS })
  const findOutageCause = async () =>
    (await askPoolFiles()) === 'silent' ? POOL_FILES_SILENT : undefined
  const failpoint = createFailpoint(config.failpoints)
  const { recoveryEnabled, gpuMode } = config.sessions
  const pagination = createPagination(secrets.sessionSecret)
  const sessions = openSessions({
    db,
    clock,
    logger,
    identity,
    memory,
    pagination,
    endpoint: overrides.endpoint ?? parentChannel,
    config,
    findOutageCause,
    signal,
    failpoint,
  })

  return {
    config,
    timeouts: {
      ...HTTP_TIMEOUTS,
      requestMs: longestUploadMs(config.submissions.uploadMaxBytes),
      ...overrides.timeouts,
    },
    db,
    clock,
    logger,
    guards,
    pagination,
    identity,
    sessions,
    memory,
    platform: createPlatformService({
      db,
      clock,
      gpuMode,
      signupMode: config.auth.signupMode,
      readHealth: createHealthReader({ db, clock, logger, recoveryEnabled, findOutageCause }),
    }),
    failpoint,
    findOutageCause,
    signal,
    async [Symbol.asyncDispose]() {
      await sessions[Symbol.asyncDispose]()
      await identity.settled()
      await db.destroy()
    },
  }
}
