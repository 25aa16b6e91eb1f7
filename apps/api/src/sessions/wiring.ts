import type { DB } from '@medforge/db'
import type { Kysely } from 'kysely'
import type { LaunchConfig, SessionsConfig } from '../config/config.ts'
import type { Credentials } from '../http/credentials.ts'
import type { RouteGuards } from '../http/guards.ts'
import { hostsOf } from '../http/hosts.ts'
import type { Pagination } from '../http/pagination.ts'
import type { Routes } from '../http/schemas.ts'
import type { Identity } from '../identity/index.ts'
import { createIpc, type IpcEndpoint } from '../ipc/channel.ts'
import type { Clock } from '../lib/clock.ts'
import { type Failpoint, noFailpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import type { AccessMemory } from './access-memory.ts'
import { createAccessLog } from './accesses.ts'
import { sessionAdminRoutes } from './admin-routes.ts'
import { createChangeFeed } from './changes.ts'
import { sessionEventRoutes } from './event-routes.ts'
import { createGpuService } from './gpus.ts'
import { createSessionProxy, type ProxyIdentity } from './proxy.ts'
import { sessionProxyRoutes } from './proxy-routes.ts'
import { sessionRoutes } from './routes.ts'
import { createSessionService, type SessionService } from './service.ts'
import { createStepMedians } from './step-medians.ts'
import { createVisitLog } from './visits.ts'

export type SessionsDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  identity: ProxyIdentity & Pick<Identity, 'authenticate'>
  pagination: Pagination
  memory: AccessMemory
  /** This process's end of the channel to the reconciler. */
  endpoint: IpcEndpoint
  config: {
    domain: string
    trustedProxies: readonly string[]
    auth: { idleTtlSeconds: number }
    sessions: SessionsConfig
    launches: LaunchConfig
  }
  /** What is behind a host or a database that does not answer, as a sentence, where it is known. Never rejects. */
  findOutageCause: () => Promise<string | undefined>
  signal: AbortSignal
  failpoint?: Failpoint
}

/** The server's half of sessions. */
export interface Sessions extends AsyncDisposable {
  readonly service: SessionService
  /** `/sessions…`, `/auth/session-proxy`, `/admin/sessions` and `/admin/gpus…`. */
  routes(guards: RouteGuards): Routes[]
}

export function openSessions(deps: SessionsDeps): Sessions {
  const { db, clock, logger, identity, memory, pagination, config, signal } = deps
  const changes = createChangeFeed()
  const ipc = createIpc(deps.endpoint)
  const unsubscribe = ipc.onChanged((sessionId) => changes.notify(sessionId))
  const { startTimeoutSeconds, stopTimeoutSeconds, workspaceZfsRoot } = config.sessions
  const service = createSessionService({
    db,
    clock,
    logger,
    ipc,
    changes,
    memory,
    failpoint: deps.failpoint ?? noFailpoint,
    findOutageCause: deps.findOutageCause,
    config: {
      domain: config.domain,
      workspaceRoot: workspaceZfsRoot,
      launches: config.launches,
      limits: {
        startTimeoutMs: startTimeoutSeconds * 1000,
        stopTimeoutMs: stopTimeoutSeconds * 1000,
      },
    },
  })
  const proxy = createSessionProxy({ memory, identity, webHost: hostsOf(config.domain).web })
  const visits = createVisitLog({ db, clock, logger })
  const { idleTtlSeconds } = config.auth
  const accesses = createAccessLog({ db, clock, logger, idleTtlSeconds })
  const stopFlushing = ipc.onFlush(accesses.flush)

  return {
    service,
    routes(guards) {
      const authenticate = async (credentials: Credentials) =>
        (await identity.authenticate(credentials)).principal
      const { noteShown } = memory
      const events = { db, changes, medians: createStepMedians(db), noteShown }
      const gpus = createGpuService({ db, clock })
      const { trustedProxies } = config
      return [
        sessionRoutes({ service, guards, pagination }),
        sessionEventRoutes({ service, events, guards, authenticate, signal }),
        sessionProxyRoutes({ proxy, visits, accesses, logger, trustedProxies }),
        sessionAdminRoutes({ service, gpus, guards, pagination }),
      ]
    },
    async [Symbol.asyncDispose]() {
      unsubscribe()
      stopFlushing()
      await accesses[Symbol.asyncDispose]()
      await visits[Symbol.asyncDispose]()
    },
  }
}
