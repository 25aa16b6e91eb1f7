import {
  type AdminSession,
  type AdminSessionQuery,
  type CreateSessionRequest,
  DEFAULT_PACK_ID,
  type Session,
  type SessionTier,
} from '@medforge/contracts'
import {
  isTerminal,
  type LifecycleLimits,
  lockById,
  moveAccessEpoch,
  type ReconcilerState,
  readReconcilerState,
  recordStopRequest,
  type SessionRow,
} from '@medforge/core'
import {
  type CreatedKey,
  type DB,
  inTransaction,
  isDuplicateKey,
  mapPage,
  type Page,
  type PageRequest,
  recordAudit,
} from '@medforge/db'
import type { Kysely, Transaction } from 'kysely'
import type { LaunchConfig } from '../config/config.ts'
import { DomainError } from '../http/domain-error.ts'
import type { AuthenticatedPrincipal } from '../http/guards.ts'
import type { Ipc } from '../ipc/channel.ts'
import type { Clock } from '../lib/clock.ts'
import type { Failpoint } from '../lib/failpoints.ts'
import type { Logger } from '../lib/logger.ts'
import type { AccessMemory } from './access-memory.ts'
import { type Allocated, allocateSession, type LaunchRequest } from './allocation.ts'
import type { ChangeFeed } from './changes.ts'
import { findById, findCurrent, findPack, listByUser, searchSessions } from './repository.ts'
import { toSession } from './serializer.ts'

export type SessionServiceDeps = {
  db: Kysely<DB>
  clock: Clock
  logger: Logger
  ipc: Ipc
  changes: ChangeFeed
  failpoint: Failpoint
  memory: Pick<AccessMemory, 'changing'>
  /** What is behind a host that cannot start sessions, as a sentence, where it is known. Never rejects. */
  findOutageCause: () => Promise<string | undefined>
  config: {
    domain: string
    workspaceRoot: string
    limits: LifecycleLimits
    launches: LaunchConfig
  }
}

export type StopOutcome = 'requested' | 'terminal'

/** What people ask about sessions. It writes desired state and reads observed state; what happens on the host is the reconciler's. */
export interface SessionService {
  /**
   * Reserve a GPU and launch. The launch goes on whatever becomes of the caller.
   *
   * @param options.isAsync  answer with the `starting` session at once instead of waiting for the IDE
   * @throws DomainError in this order: private tier, pack, sessions at a time, launches an hour, able to start, storage, GPU; `session_start_failed` once the failed launch was undone
   */
  request(
    principal: AuthenticatedPrincipal,
    launch: CreateSessionRequest,
    options: { requestId: string; isAsync: boolean },
  ): Promise<Session>
  /** @throws DomainError `session_not_found`, `session_access_denied` */
  stop(principal: AuthenticatedPrincipal, id: string, requestId: string): Promise<StopOutcome>
  current(principal: AuthenticatedPrincipal): Promise<Session | null>
  /** Own sessions, newest first. */
  history(
    principal: AuthenticatedPrincipal,
    page: PageRequest<CreatedKey>,
  ): Promise<Page<Session, CreatedKey>>
  /** Everybody's sessions, newest first. For administrators. */
  search(
    filter: AdminSessionQuery,
    page: PageRequest<CreatedKey>,
  ): Promise<Page<AdminSession, CreatedKey>>
  /** @throws DomainError `session_not_found`, `session_access_denied` */
  find(principal: AuthenticatedPrincipal, id: string): Promise<Session>
}

const START_FAILED = 'Failed to start session runtime.'
// A waiter looks again this often when no message comes, and reminds the reconciler.
const LOOK_AGAIN_MS = 2_000

export function createSessionService(deps: SessionServiceDeps): SessionService {
  const { db, clock, logger, ipc, changes, failpoint, memory, findOutageCause, config } = deps

  async function assertPack(packId: string, tier: SessionTier): Promise<void> {
    const pack = await findPack(db, packId)
    if (!pack) {
      throw new DomainError('pack_not_found', {
        detail: `Pack ${packId} not found. Leave pack_id out to get the default pack.`,
      })
    }
    if (pack.status === 'deprecated') {
      throw new DomainError('pack_deprecated', {
        detail: 'This pack is no longer offered. Leave pack_id out to get the default pack.',
      })
    }
    if (pack.tier !== tier) {
      throw new DomainError('pack_tier_mismatch', {
        detail: `This pack is for the ${pack.tier} tier, and the session was asked for as ${tier}.`,
      })
    }
  }

  async function assertAble(tx: Kysely<DB>): Promise<ReconcilerState> {
    const state = await readReconcilerState(tx, clock)
    if (state.able) return state
    // What the reconciler reports last may be old: it writes its report to a database on the same pool.
    const reason = (await findOutageCause()) ?? state.reasons[0] ?? ''
    throw new DomainError('runtime_unavailable', {
      detail: `${START_FAILED} ${reason} Nothing was reserved; try again in a minute.`,
      headers: { 'retry-after': '10' },
    })
  }

  async function allocate(request: LaunchRequest): Promise<Allocated> {
    const { limits, workspaceRoot, launches } = config
    try {
      return await allocateSession(db, request, {
        ...{ clock, limits, workspaceRoot, launches, assertAble },
        beforeCommit: () => failpoint('c1.before_commit'),
      })
    } catch (error) {
      // Beaten to a GPU at every try: all of them have gone to others meanwhile.
      if (!isDuplicateKey(error, 'sessions_gpu_active')) throw error
      throw new DomainError('no_gpu_available', { detail: 'No GPUs available.', cause: error })
    }
  }

  async function readOwn(id: string): Promise<SessionRow> {
    const row = await findById(db, id)
    if (!row) throw new Error(`Session ${id} has vanished.`)
    return row
  }

  /** Waits until the launch has ended one way or the other. */
  async function untilLaunched({ id }: Allocated): Promise<Session> {
    using watch = changes.watch(id)
    const { startTimeoutMs, stopTimeoutMs } = config.limits
    const giveUpMs = performance.now() + startTimeoutMs + stopTimeoutMs
    for (;;) {
      const row = await readOwn(id)
      if (row.status === 'running') return toSession(row, config.domain)
      if (row.status !== 'starting') throw startFailed(row)
      if (performance.now() > giveUpMs) throw startFailed(row)
      if (!(await watch.next(LOOK_AGAIN_MS))) ipc.nudge(id)
    }
  }

  function assertMayTouch(
    row: SessionRow | undefined,
    principal: AuthenticatedPrincipal,
  ): asserts row is SessionRow {
    if (!row) throw new DomainError('session_not_found', { detail: 'Session not found.' })
    if (row.user_id === principal.userId || principal.role === 'admin') return
    throw new DomainError('session_access_denied', { detail: 'Session access denied.' })
  }

  return {
    async request(principal, launch, { requestId, isAsync }) {
      const tier = launch.tier ?? 'public'
      if (tier === 'private') {
        throw new DomainError('private_tier_not_implemented', {
          detail: 'The private tier is not implemented. Launch with the public tier.',
        })
      }
      const packId = launch.pack_id ?? DEFAULT_PACK_ID
      await assertPack(packId, tier)
      const allocated = await allocate({ userId: principal.userId, tier, packId, requestId })
      const { id, slug } = allocated
      const context = { session_id: id, user_id: principal.userId, slug, request_id: requestId }
      logger.info(context, 'session.requested')
      await failpoint('c2.row_committed')
      ipc.nudge(id)
      return isAsync ? toSession(await readOwn(id), config.domain) : untilLaunched(allocated)
    },

    async stop(principal, id, requestId) {
      const now = clock.now()
      const request = async (tx: Transaction<DB>) => {
        const found = await lockById(tx, id)
        assertMayTouch(found, principal)
        if (isTerminal(found.status)) return { outcome: 'terminal' as const, row: found }
        if (found.status === 'stopping') return { outcome: 'requested' as const, row: found }
        await recordStopRequest(tx, found, { at: now, requestId, limits: config.limits })
        if (found.user_id !== principal.userId) {
          await recordAudit(tx, {
            actorUserId: principal.userId,
            action: 'session.stop',
            subject: id,
            detail: { owner_user_id: found.user_id },
            requestId,
            at: now,
          })
        }
        await moveAccessEpoch(tx, now)
        return { outcome: 'requested' as const, row: found }
      }
      const { outcome, row } = await memory.changing(() => inTransaction(db, request))
      if (outcome === 'terminal') return outcome
      await failpoint('s1.marked_stopping')
      const context = { session_id: id, user_id: row.user_id, slug: row.slug }
      logger.info({ ...context, request_id: requestId }, 'session.stop_requested')
      changes.notify(id)
      ipc.nudge(id)
      return outcome
    },

    async current(principal) {
      const row = await findCurrent(db, principal.userId)
      return row ? toSession(row, config.domain) : null
    },

    async history(principal, page) {
      const found = await listByUser(db, principal.userId, page)
      return mapPage(found, (row) => toSession(row, config.domain))
    },

    async search(filter, page) {
      return mapPage(await searchSessions(db, filter, page), (row) => ({
        ...toSession(row, config.domain),
        user_email: row.user_email,
        user_display_name: row.user_display_name,
      }))
    },

    async find(principal, id) {
      const row = await findById(db, id)
      assertMayTouch(row, principal)
      return toSession(row, config.domain)
    },
  }
}

function startFailed(row: SessionRow): DomainError {
  const why =
    row.status === 'error' || row.status === 'starting'
      ? (row.error_message ??
        'The launch takes too long and is being undone. Look at your sessions in a minute.')
      : 'The session was stopped before its IDE answered. Launch again.'
  return new DomainError('session_start_failed', { detail: `${START_FAILED} ${why}` })
}
